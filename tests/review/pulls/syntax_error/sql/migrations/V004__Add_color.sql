SET LOCAL lock_timeout = '5s';

ALTER TABLE "Project"
  ADD COLUMN color varchar(7),
  ADD COLUM icon text;
