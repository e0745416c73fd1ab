-- What the functions for partitions work on. They serve the tables of the schema that they stand in, whatever its name,
-- and whatever the caller's search_path and time zone.
CREATE FUNCTION monthly_tables(home regnamespace)
RETURNS TABLE (parent regclass, name name, key name, default_partition regclass)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT c.oid::regclass, c.relname, a.attname, nullif(p.partdefid, 0)::regclass
  FROM pg_partitioned_table p
  JOIN pg_class c ON c.oid = p.partrelid AND c.relnamespace = home AND NOT c.relispartition
  -- A key that is an expression has the number 0, as no column has.
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] AND a.atttypid = 'timestamptz'::regtype
  WHERE p.partstrat = 'r' AND p.partnatts = 1
  ORDER BY c.relname
$$;
COMMENT ON FUNCTION monthly_tables(regnamespace) IS
  'The tables of a schema that are partitioned by ranges of one timestamptz column, and their DEFAULT partitions';
