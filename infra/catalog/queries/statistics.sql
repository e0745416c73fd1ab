-- Those of a partition that its parent has too are a copy, as CREATE TABLE … LIKE makes them.
SELECT 'statistics', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(s.stxname), s.tableoid, s.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', pg_get_statisticsobjdef(s.oid),
         'statistics target', nullif(s.stxstattarget, -1)::text,
         'owner', quote_ident(pg_get_userbyid(s.stxowner))))
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace JOIN pg_class c ON c.oid = s.stxrelid
WHERE n.nspname = ANY ($1::text[]) AND NOT EXISTS (
  SELECT FROM pg_inherits i JOIN pg_statistic_ext p ON p.stxrelid = i.inhparent
  WHERE i.inhrelid = c.oid AND c.relispartition
    AND pg_get_statisticsobjdef_columns(p.oid) = pg_get_statisticsobjdef_columns(s.oid))
