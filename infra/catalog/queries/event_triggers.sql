-- Of the whole database, and only those that call a function of the schemas.
SELECT 'event trigger', '', '', quote_ident(t.evtname), t.tableoid, t.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', concat('ON ', t.evtevent, format(' WHEN TAG IN (%s)', nullif(
             (SELECT string_agg(quote_literal(tag), ', ' ORDER BY tag) FROM unnest(t.evttags) AS tag), '')),
           format(' EXECUTE FUNCTION %s()', t.evtfoid::regproc::text)),
         'enabled', CASE t.evtenabled
           WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END,
         'owner', quote_ident(pg_get_userbyid(t.evtowner))))
FROM pg_event_trigger t JOIN pg_proc f ON f.oid = t.evtfoid JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE n.nspname = ANY ($1::text[])
