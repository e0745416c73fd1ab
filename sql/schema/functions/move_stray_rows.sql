-- In a transaction of its own, and in a quiet hour where there are many: it holds its locks while it copies.
--
-- Everything is locked first: no row comes or changes between the copy and the end, and whoever waits for this holds
-- nothing that this has yet to lock. A payment updates "User", then writes a row that no month is there for; if DEFAULT
-- were locked for the copy and "User" for ATTACH alone, that would be a deadlock.
--
-- TRUNCATE and not DELETE: all rows leave, it leaves nothing behind for vacuum, and append_only() has no say in it.
CREATE FUNCTION move_stray_rows() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  full_ones regclass[];
  monthly record;
  months timestamptz[];
  month timestamptz;
  name text;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  -- The copy would be of an older state than what TRUNCATE removes.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'in a transaction of isolation level % rows would be lost: run move_stray_rows() in READ COMMITTED',
        current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  EXECUTE format('SELECT array_agg(parent) FROM %1$s.monthly_tables($1), %1$s.stray_rows()
    WHERE default_partition = to_regclass(format(''%%s.%%I'', $1, partition))', home) INTO full_ones USING home;
  IF full_ones IS NOT NULL THEN
    EXECUTE format('SELECT %s.lock_partitioned($1, $2)', home) USING full_ones, 'SHARE UPDATE EXCLUSIVE';
  END IF;
  FOR monthly IN
    EXECUTE format('SELECT * FROM %s.monthly_tables($1) WHERE parent = ANY ($2)', home) USING home, full_ones
  LOOP
    EXECUTE format('SELECT array_agg(DISTINCT date_trunc(''month'', %I)) FROM %s',
      monthly.key, monthly.default_partition) INTO months;
    CONTINUE WHEN months IS NULL;
    FOREACH month IN ARRAY months LOOP
      EXECUTE format('SELECT %s.make_month($1, $2)', home) INTO name USING monthly.parent, month;
      -- Read through the parent: its columns stand in the order that the new table's have.
      EXECUTE format('INSERT INTO %s.%I SELECT * FROM %s WHERE %4$I >= $1 AND %4$I < $2',
        home, name, monthly.parent, monthly.key) USING month, month + interval '1 month';
      RETURN NEXT name;
    END LOOP;
    EXECUTE format('TRUNCATE ONLY %s', monthly.default_partition);
    FOREACH month IN ARRAY months LOOP
      EXECUTE format('SELECT %s.attach_month($1, $2)', home) USING monthly.parent, month;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION move_stray_rows() IS
  'Makes the months that rows in DEFAULT partitions need, moves the rows there and returns the names of the months';
