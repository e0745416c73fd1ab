-- For a role that may do nothing but upkeep: it acts as the owner here, and makes no more months than anybody needs.
CREATE FUNCTION make_months_ahead(months integer DEFAULT 3) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  IF months IS NULL OR months NOT BETWEEN 0 AND 120 THEN
    RAISE EXCEPTION 'months %: give a number from 0 to 120', months USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format('SELECT * FROM %s.create_partitions($1)',
    (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = me)) USING months;
END
$$;
REVOKE EXECUTE ON FUNCTION make_months_ahead(integer) FROM PUBLIC;
COMMENT ON FUNCTION make_months_ahead(integer) IS
  'upkeep: create_partitions() from now on, with the rights of the owner';
