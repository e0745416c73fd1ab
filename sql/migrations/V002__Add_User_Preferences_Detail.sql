-- Adds the detailed preferences of the user interface to "User".
--
-- NOT NULL DEFAULT '{}': "nothing chosen" is written in one way, the application merges into an object without a look
-- for NULL, and an older release that does not know the column can still insert. A constant default is kept in the
-- catalog, so that no row is written (PostgreSQL 11 and later) and the lock is held for a moment.
-- No CHECK on its shape: adding one would read the whole table under that lock.
-- No IF NOT EXISTS: the schema history runs this once, and a column of that name that somebody made by hand is a
-- difference to look into, not to pass over.

-- Rather give up than wait behind a long transaction while every query on "User" waits behind this.
SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" ADD COLUMN ui_settings jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN "User".ui_settings IS 'Preferences of the user interface; an empty object stands for the defaults';
