-- A partition's copy of its parent's constraint is not local, nor is a foreign key's to each partition.
-- Triggers of constraints are in triggers.sql, NOT NULL in columns.sql, those of domains in domains.sql.
SELECT 'constraint', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(k.conname), k.tableoid, k.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', pg_get_constraintdef(k.oid, true),
         'index options', array_to_string(x.reloptions, ', '),
         'index state', CASE WHEN NOT i.indisready THEN 'not ready' WHEN NOT i.indisvalid THEN 'invalid' END,
         'clustered', CASE WHEN i.indisclustered THEN 'yes' END,
         'index comment', r.description))
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_class x ON x.oid = i.indexrelid
LEFT JOIN pg_description r ON r.classoid = x.tableoid AND r.objoid = x.oid AND r.objsubid = 0
WHERE n.nspname = ANY ($1::text[]) AND k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conislocal
