-- A table that is ready to be attached. CREATE TABLE … PARTITION OF would be shorter, but locks the parent against
-- readers and writers (ACCESS EXCLUSIVE); ATTACH PARTITION does not (SHARE UPDATE EXCLUSIVE).
CREATE FUNCTION make_month(parent regclass, month timestamptz) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  root pg_class := (SELECT c FROM pg_class c WHERE c.oid = parent);
  name text := root.relname || to_char(month, '_YYYY_MM');
  made text := format('%s.%I', root.relnamespace::regnamespace, name);
BEGIN
  IF to_regclass(made) IS NOT NULL THEN
    RAISE EXCEPTION 'table % is no partition of %, but has the name of one: attach it, rename it or drop it',
        made, parent
      USING ERRCODE = 'duplicate_table';
  END IF;
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', made, parent);
  -- An administrator may call this: the month is the table's owner's all the same.
  EXECUTE format('ALTER TABLE %s OWNER TO %s', made, root.relowner::regrole);
  RETURN name;
END
$$;
COMMENT ON FUNCTION make_month(regclass, timestamptz) IS
  'Makes the table of a month, not attached yet, and returns its name';
