-- An error ends a scheduled job as failed, which is what somebody watches.
CREATE FUNCTION refuse_stray_rows() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  strays text;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT string_agg(format(''"%%s" (%%s to %%s)'', partition, first::date, last::date), '', '')
    FROM %s.stray_rows()', home) INTO strays;
  IF strays IS NOT NULL THEN
    RAISE EXCEPTION 'rows of months that have no partition are in %', strays
      USING ERRCODE = 'check_violation',
        HINT = format('As the owner run SELECT %s.move_stray_rows();', home);
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION refuse_stray_rows() FROM PUBLIC;
COMMENT ON FUNCTION refuse_stray_rows() IS
  'upkeep: an error where stray_rows() finds any, with the rights of the owner';
