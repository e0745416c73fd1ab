SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" ALTER COLUMN "creditBalance" TYPE bigint;
