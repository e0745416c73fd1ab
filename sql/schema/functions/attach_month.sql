CREATE FUNCTION attach_month(parent regclass, month timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  root pg_class := (SELECT c FROM pg_class c WHERE c.oid = parent);
BEGIN
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s.%I FOR VALUES FROM (%L) TO (%L)',
    parent, root.relnamespace::regnamespace, root.relname || to_char(month, '_YYYY_MM'),
    month, month + interval '1 month');
END
$$;
COMMENT ON FUNCTION attach_month(regclass, timestamptz) IS 'Attaches what make_month() has made';
