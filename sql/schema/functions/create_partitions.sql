-- Once a day or at every deployment, in a transaction of its own: what it has locked stays locked until the end of it.
--
-- A writer waits for this no longer than lock_partitioned() may wait, and then for some milliseconds of work on empty
-- tables. To prove that no row in DEFAULT belongs to the new month, ATTACH reads all of DEFAULT: a full one makes
-- others wait. A CHECK that rules the month out would spare it that, but adding one reads all the rows as well. Where
-- months are made in time DEFAULT is empty; stray_rows() tells, move_stray_rows() mends.
CREATE FUNCTION create_partitions(months integer DEFAULT 3, first timestamptz DEFAULT now())
RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  lacking regclass[];
  wanted record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT array_agg(DISTINCT parent) FROM %s.months_to_make($1, $2) WHERE NOT stray', home)
    INTO lacking USING months, first;
  IF lacking IS NOT NULL THEN
    EXECUTE format('SELECT %s.lock_partitioned($1, $2)', home) USING lacking, 'SHARE UPDATE EXCLUSIVE';
  END IF;
  -- Again, under the locks: another may have made them in the meantime.
  FOR wanted IN EXECUTE format('SELECT * FROM %s.months_to_make($1, $2) WHERE stray OR parent = ANY ($3)', home)
    USING months, first, lacking
  LOOP
    IF wanted.stray THEN
      RAISE WARNING 'partition "%" not made: its DEFAULT partition holds rows of that month', wanted.name
        USING HINT = format('Run SELECT %s.move_stray_rows(); it makes the month and moves them.', home);
      CONTINUE;
    END IF;
    EXECUTE format('SELECT %s.make_month($1, $2)', home) USING wanted.parent, wanted.month;
    EXECUTE format('SELECT %s.attach_month($1, $2)', home) USING wanted.parent, wanted.month;
    RETURN NEXT wanted.name;
  END LOOP;
END
$$;
COMMENT ON FUNCTION create_partitions(integer, timestamptz) IS
  'Makes the missing partitions of the month of `first` (in UTC) and of the `months` after it, and returns their names';
