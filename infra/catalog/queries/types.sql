SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' WHEN 'd' THEN 'domain' ELSE 'composite type' END,
       quote_ident(n.nspname), '', quote_ident(t.typname), t.tableoid, t.oid, 0,
       json_strip_nulls(json_build_object(
         'labels', (SELECT json_agg(quote_literal(e.enumlabel) ORDER BY e.enumsortorder)
           FROM pg_enum e WHERE e.enumtypid = t.oid),
         'definition', CASE
           WHEN t.typtype = 'c' THEN (SELECT format('(%s)', string_agg(concat(quote_ident(a.attname), ' ',
               format_type(a.atttypid, a.atttypmod),
               CASE WHEN a.attcollation <> b.typcollation THEN ' COLLATE ' || a.attcollation::regcollation::text END),
               ', ' ORDER BY a.attnum))
             FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
           WHEN t.typtype = 'r' THEN (SELECT format('(%s)', concat_ws(', ',
               'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
               'SUBTYPE_OPCLASS = ' || CASE WHEN NOT o.opcdefault THEN quote_ident(o.opcname) END,
               'COLLATION = ' || CASE WHEN r.rngcollation <> s.typcollation THEN r.rngcollation::regcollation::text END,
               'CANONICAL = ' || nullif(r.rngcanonical::text, '-'),
               'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::text, '-'),
               'MULTIRANGE_TYPE_NAME = ' || quote_ident(m.typname)))
             FROM pg_range r JOIN pg_type s ON s.oid = r.rngsubtype JOIN pg_opclass o ON o.oid = r.rngsubopc
             JOIN pg_type m ON m.oid = r.rngmultitypid
             WHERE r.rngtypid = t.oid) END,
         'type', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
         'collation', CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN
           t.typcollation::regcollation::text END,
         'nullability', CASE WHEN t.typtype = 'd' THEN CASE WHEN t.typnotnull THEN 'NOT NULL' ELSE 'NULL' END END,
         'default', CASE WHEN t.typtype = 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0, true), t.typdefault) END,
         'owner', quote_ident(pg_get_userbyid(t.typowner))))
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE n.nspname = ANY ($1::text[]) AND (t.typtype IN ('e', 'r', 'd') OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = t.tableoid AND d.objid = t.oid AND d.deptype = 'e')
