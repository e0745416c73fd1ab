SELECT 'rule', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(r.rulename), r.tableoid, r.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', rtrim(pg_get_ruledef(r.oid, true), ';'),
         'enabled', CASE r.ev_enabled
           WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END))
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND r.rulename <> '_RETURN'
