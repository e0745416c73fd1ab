-- A column's number counts dropped columns too, which a dump forgets. So only the order of those that live counts.
-- What belongs to an extension (deptype e) is the extension's.
WITH ordered AS (
  SELECT a.attrelid, json_agg(quote_ident(a.attname) ORDER BY a.attnum) AS names
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    AND a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attrelid
), above AS (
  SELECT inhrelid, array_agg(inhparent::regclass::text ORDER BY inhseqno) AS parents FROM pg_inherits GROUP BY inhrelid
)
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
         ELSE 'table' END,
       quote_ident(n.nspname), quote_ident(c.relname), quote_ident(c.relname), c.tableoid, c.oid, 0,
       json_strip_nulls(json_build_object(
         'columns', o.names,
         'definition', CASE WHEN c.relkind IN ('v', 'm') THEN rtrim(pg_get_viewdef(c.oid, true), ';') END,
         'persistence', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' WHEN 't' THEN 'TEMPORARY' END,
         'partition by', CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
         'partition of', CASE WHEN c.relispartition THEN p.parents[1] END,
         'bounds', pg_get_expr(c.relpartbound, c.oid, true),
         'inherits', CASE WHEN NOT c.relispartition THEN array_to_string(p.parents, ', ') END,
         'of type', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
         'access method', CASE WHEN a.amname <> 'heap' THEN quote_ident(a.amname) END,
         'options', nullif(array_to_string(
           c.reloptions || array(SELECT 'toast.' || option FROM unnest(t.reloptions) AS option), ', '), ''),
         'row security', CASE WHEN c.relforcerowsecurity THEN
           CASE WHEN c.relrowsecurity THEN 'FORCE' ELSE 'FORCE, off' END
           WHEN c.relrowsecurity THEN 'on' END,
         'replica identity', CASE WHEN c.relkind IN ('v', 'f') THEN NULL WHEN c.relreplident = 'f' THEN 'FULL'
           WHEN c.relreplident = 'n' THEN 'NOTHING' WHEN c.relreplident = 'i' THEN 'USING INDEX '
           || (SELECT quote_ident(x.relname) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
               WHERE i.indrelid = c.oid AND i.indisreplident) END,
         'server', quote_ident(s.srvname),
         'server options', array_to_string(f.ftoptions, ', '),
         'owner', quote_ident(pg_get_userbyid(c.relowner))))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN ordered o ON o.attrelid = c.oid
LEFT JOIN pg_am a ON a.oid = c.relam
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
LEFT JOIN above p ON p.inhrelid = c.oid
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.deptype = 'e')
