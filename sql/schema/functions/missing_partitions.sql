CREATE FUNCTION missing_partitions(months integer DEFAULT 3, first timestamptz DEFAULT now())
RETURNS SETOF text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  RETURN QUERY EXECUTE format('SELECT name FROM %s.months_to_make($1, $2) WHERE NOT stray',
    (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = me)) USING months, first;
END
$$;
COMMENT ON FUNCTION missing_partitions(integer, timestamptz) IS
  'The names that create_partitions() would make, and changes nothing';
