SET LOCAL lock_timeout = '5s';

ALTER TABLE "Project" ADD COLUMN slug varchar(100);
