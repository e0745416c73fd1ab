-- What serves a constraint is in constraints.sql; a partition's part of its parent's index has a parent.
-- The definition starts after the names: for a partitioned table PostgreSQL writes ON ONLY, which is for dumps.
SELECT 'index', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(x.relname), x.tableoid, x.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', concat(CASE WHEN i.indisunique THEN 'UNIQUE ' END, 'USING ',
           substr(pg_get_indexdef(x.oid, 0, true), length(concat('CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
             'INDEX ', quote_ident(x.relname), ' ON ', CASE WHEN x.relkind = 'I' THEN 'ONLY ' END,
             c.oid::regclass::text, ' USING ')) + 1)),
         'state', CASE WHEN NOT i.indisready THEN 'not ready' WHEN NOT i.indisvalid THEN 'invalid' END,
         'clustered', CASE WHEN i.indisclustered THEN 'yes' END))
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'm') AND k.oid IS NULL AND NOT x.relispartition
