-- A row adds to its domain, which types.sql has found.
SELECT 'domain', quote_ident(n.nspname), '', quote_ident(t.typname), NULL::oid, NULL::oid, 0,
       json_strip_nulls(json_build_object(
         'constraint ' || quote_ident(k.conname), pg_get_constraintdef(k.oid, true),
         'comment on constraint ' || quote_ident(k.conname), r.description))
FROM pg_constraint k
JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_description r ON r.classoid = k.tableoid AND r.objoid = k.oid
WHERE n.nspname = ANY ($1::text[]) AND k.contype = 'c'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = t.tableoid AND d.objid = t.oid AND d.deptype = 'e')
