SET LOCAL lock_timeout = '5s';

ALTER TABLE "User"
  ADD COLUMN country char(2) NOT NULL;
