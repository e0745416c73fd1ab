-- A detached month is an ordinary table with all its rows, indexes and foreign keys, for pg_dump and then for whoever
-- drops it: nothing here does. Its triggers are gone, so that append_only() guards it no longer.
--
-- DETACH … CONCURRENTLY would let readers pass, but PostgreSQL refuses it beside a DEFAULT partition and in a function.
-- So this stops all that use the table, for as long as lock_partitioned() may wait, and then for some milliseconds.
CREATE FUNCTION detach_partitions(parent text, before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  target regclass;
  months regclass[];
  month regclass;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT parent FROM %s.monthly_tables($1) WHERE name = $2', home) INTO target USING home, parent;
  IF target IS NULL THEN
    RAISE EXCEPTION 'no table "%" in schema % is partitioned by month: give its name without quotes', parent, home
      USING ERRCODE = 'undefined_table';
  END IF;
  -- FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')
  months := (
    SELECT array_agg(c.oid ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = target
      AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz <= before
  );
  IF months IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT %s.lock_partitioned($1, $2, $3)', home) USING ARRAY[target], 'ACCESS EXCLUSIVE', months;
  FOREACH month IN ARRAY months LOOP
    CONTINUE WHEN pg_partition_root(month) IS DISTINCT FROM target;  -- another has done it in the meantime
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', target, month);
    RETURN NEXT (SELECT relname::text FROM pg_class WHERE oid = month);
  END LOOP;
END
$$;
COMMENT ON FUNCTION detach_partitions(text, timestamptz) IS
  'Detaches the months of a table that end at `before` or earlier, drops nothing, and returns their names';
