-- Of the whole database, whatever the schemas: a schema's types and defaults may need them.
SELECT 'extension', '', '', quote_ident(x.extname), x.tableoid, x.oid, 0,
       json_build_object('schema', quote_ident(n.nspname), 'version', x.extversion)
FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
