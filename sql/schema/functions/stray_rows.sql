-- Two look-ups in the index of the key for each table, however many rows there are.
CREATE FUNCTION stray_rows() RETURNS TABLE (partition text, first timestamptz, last timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  monthly record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  FOR monthly IN
    EXECUTE format('SELECT m.*, c.relname FROM %s.monthly_tables($1) m JOIN pg_class c ON c.oid = m.default_partition',
      home) USING home
  LOOP
    EXECUTE format('SELECT min(%1$I), max(%1$I) FROM %2$s', monthly.key, monthly.default_partition) INTO first, last;
    CONTINUE WHEN first IS NULL;
    partition := monthly.relname;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION stray_rows() IS
  'The DEFAULT partitions that hold rows, since no month was there for them, and the first and last time in each';
