-- A partition's copy of its parent's trigger (tgparentid) counts where it is not enabled as that one is.
SELECT 'trigger', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(t.tgname), t.tableoid, t.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', CASE WHEN t.tgparentid = 0 THEN pg_get_triggerdef(t.oid, true) END,
         'enabled', CASE t.tgenabled
           WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
           ELSE CASE WHEN t.tgparentid <> 0 THEN 'ENABLE' END END))
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_trigger p ON p.oid = t.tgparentid
WHERE n.nspname = ANY ($1::text[]) AND NOT t.tgisinternal AND t.tgenabled IS DISTINCT FROM p.tgenabled
