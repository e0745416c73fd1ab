-- PostgreSQL 18 has uuidv7() in pg_catalog, and none is made there. On 16 and 17 this one stands in for it, in the
-- schema itself; after an upgrade the columns that were made with it go on with it.
DO $$
BEGIN
  IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
    -- RFC 9562, 5.7: 48 bits of milliseconds, the version, 12 bits that hold the fraction of the millisecond (6.2,
    -- method 3), and the variant with the random bits of a version 4. So ids are in order to the microsecond.
    CREATE OR REPLACE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN (
      SELECT encode(
        int8send(((us / 1000) << 16) | (7 << 12) | ((us % 1000) * 4096 / 1000))
          || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
      )::uuid
      FROM floor(extract(epoch FROM clock_timestamp()) * 1000000) AS f (n), CAST(n AS bigint) AS t (us)
    );
    COMMENT ON FUNCTION uuidv7() IS
      'A UUID of version 7, which begins with the time, so that later ones sort after earlier ones';
  END IF;
END
$$;
