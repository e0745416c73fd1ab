-- The columns of views and composite types are in their definitions; here they only carry comments and privileges.
-- NOT NULL is a constraint with a name from PostgreSQL 18 on. Its name is left out: servers before have none, and a
-- restored database another one.
SELECT 'column', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(a.attname), c.tableoid, c.oid, a.attnum,
       CASE WHEN c.relkind IN ('r', 'p', 'f') THEN json_strip_nulls(json_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
         'generated', CASE a.attgenerated
           WHEN 's' THEN format('ALWAYS AS (%s) STORED', pg_get_expr(d.adbin, c.oid, true))
           WHEN 'v' THEN format('ALWAYS AS (%s)', pg_get_expr(d.adbin, c.oid, true)) END,
         'identity', CASE a.attidentity WHEN 'a' THEN 'ALWAYS AS IDENTITY' WHEN 'd' THEN 'BY DEFAULT AS IDENTITY' END,
         'nullability', CASE WHEN NOT a.attnotnull THEN 'NULL' ELSE concat('NOT NULL',
           CASE WHEN k.connoinherit THEN ' NO INHERIT' END, CASE WHEN NOT k.convalidated THEN ' NOT VALID' END) END,
         'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, c.oid, true) END,
         'storage', CASE WHEN a.attstorage <> t.typstorage THEN
           CASE a.attstorage WHEN 'p' THEN 'PLAIN'
             WHEN 'm' THEN 'MAIN' WHEN 'e' THEN 'EXTERNAL' ELSE 'EXTENDED' END END,
         'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
         'statistics target', nullif(a.attstattarget, -1)::text,
         'options', array_to_string(a.attoptions || a.attfdwoptions, ', ')))
       WHEN c.relkind = 'v' AND d.oid IS NOT NULL THEN
         json_build_object('default', pg_get_expr(d.adbin, c.oid, true))
       ELSE '{}' END
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
  AND a.attnum > 0 AND NOT a.attisdropped
