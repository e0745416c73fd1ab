SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" ALTER COLUMN "fullName" TYPE varchar(200);
ALTER TABLE "Project" ALTER COLUMN name TYPE text;
