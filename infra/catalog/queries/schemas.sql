SELECT 'schema', quote_ident(n.nspname), '', quote_ident(n.nspname), n.tableoid, n.oid, 0,
       json_build_object('owner', quote_ident(pg_get_userbyid(n.nspowner)))
FROM pg_namespace n
WHERE n.nspname = ANY ($1::text[])
