-- The privileges themselves are in privileges.sql. Those for no schema hold in every schema.
SELECT 'default privileges', coalesce(quote_ident(n.nspname), ''), '',
       format('%s of %s', CASE d.defaclobjtype
         WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
         WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
         quote_ident(pg_get_userbyid(d.defaclrole))),
       d.tableoid, d.oid, 0, '{}'::json
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE d.defaclnamespace = 0 OR n.nspname = ANY ($1::text[])
