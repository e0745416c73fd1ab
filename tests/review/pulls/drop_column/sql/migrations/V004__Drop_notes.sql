SET LOCAL lock_timeout = '5s';

ALTER TABLE "Project" DROP COLUMN notes;
