SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" ADD COLUMN nickname varchar(50);
COMMENT ON COLUMN "User".nickname IS 'What friends call them; NULL where nothing was given';
ALTER TABLE "User" ADD COLUMN "isListed" boolean NOT NULL DEFAULT true;
