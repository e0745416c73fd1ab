-- The sequence of an identity column (deptype i) adds to its column, which columns.sql has found.
-- Parameters that are the default are left out, and so is the value, which is data.
SELECT CASE WHEN d.deptype = 'i' THEN 'column' ELSE 'sequence' END,
       quote_ident(n.nspname),
       CASE WHEN d.deptype = 'i' THEN quote_ident(t.relname) ELSE '' END,
       CASE WHEN d.deptype = 'i' THEN quote_ident(a.attname) ELSE quote_ident(c.relname) END,
       CASE WHEN d.deptype IS DISTINCT FROM 'i' THEN c.tableoid END, c.oid, 0,
       CASE WHEN d.deptype = 'i' THEN json_strip_nulls(json_build_object('identity options', nullif(o.options, '')))
       ELSE json_strip_nulls(json_build_object(
         'definition', concat_ws(' ', 'AS ' || format_type(s.seqtypid, NULL), nullif(o.options, '')),
         'owned by', t.oid::regclass::text || '.' || quote_ident(a.attname),
         'persistence', CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED' END,
         'owner', quote_ident(pg_get_userbyid(c.relowner)))) END
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = c.tableoid AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
CROSS JOIN LATERAL (SELECT CASE s.seqtypid WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647
  ELSE 9223372036854775807 END AS largest) l
CROSS JOIN LATERAL (SELECT concat_ws(' ',
  'INCREMENT BY ' || nullif(s.seqincrement, 1),
  'MINVALUE ' || nullif(s.seqmin, CASE WHEN s.seqincrement > 0 THEN 1 ELSE -l.largest - 1 END),
  'MAXVALUE ' || nullif(s.seqmax, CASE WHEN s.seqincrement > 0 THEN l.largest ELSE -1 END),
  'START WITH ' || nullif(s.seqstart, CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END),
  'CACHE ' || nullif(s.seqcache, 1), CASE WHEN s.seqcycle THEN 'CYCLE' END) AS options) o
WHERE n.nspname = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = c.tableoid AND e.objid = c.oid AND e.deptype = 'e')
