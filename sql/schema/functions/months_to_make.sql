-- What create_partitions() and missing_partitions() agree on.
CREATE FUNCTION months_to_make(months integer, first timestamptz)
RETURNS TABLE (parent regclass, month timestamptz, name text, stray boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  monthly record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  IF months IS NULL OR months < 0 OR first IS NULL OR NOT isfinite(first) THEN
    RAISE EXCEPTION 'months % from % on: give a number of months, 0 or more, and a point in time', months, first
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR monthly IN EXECUTE format('SELECT * FROM %s.monthly_tables($1)', home) USING home LOOP
    parent := monthly.parent;
    FOR ahead IN 0 .. months LOOP
      month := date_trunc('month', first) + make_interval(months => ahead);
      name := monthly.name || to_char(month, '_YYYY_MM');
      -- These two see what others have committed until now, which a query in REPEATABLE READ would not.
      CONTINUE WHEN pg_partition_root(to_regclass(format('%s.%I', home, name))) = parent;
      stray := false;
      IF monthly.default_partition IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %2$I >= $1 AND %2$I < $2)',
          monthly.default_partition, monthly.key) INTO stray USING month, month + interval '1 month';
      END IF;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION months_to_make(integer, timestamptz) IS
  'The months without a partition, from the month of `first` on; stray: rows in DEFAULT are in the way';
