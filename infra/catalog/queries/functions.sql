-- What belongs to an extension (deptype e) or to a type (i: the constructors of a range) is left to that.
SELECT CASE f.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       quote_ident(n.nspname), '',
       format('%s(%s)', quote_ident(f.proname), (SELECT string_agg(format_type(type, NULL), ', ' ORDER BY number)
         FROM unnest(f.proargtypes) WITH ORDINALITY AS argument (type, number))),
       f.tableoid, f.oid, 0,
       json_strip_nulls(json_build_object(
         'definition', CASE WHEN a.aggfnoid IS NULL THEN pg_get_functiondef(f.oid) ELSE concat_ws(', ',
           'SFUNC = ' || a.aggtransfn::text, 'STYPE = ' || format_type(a.aggtranstype, NULL),
           'FINALFUNC = ' || nullif(a.aggfinalfn::text, '-'), 'COMBINEFUNC = ' || nullif(a.aggcombinefn::text, '-'),
           'INITCOND = ' || quote_literal(a.agginitval),
           'PARALLEL = ' || CASE f.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END) END,
         'owner', quote_ident(pg_get_userbyid(f.proowner))))
FROM pg_proc f
JOIN pg_namespace n ON n.oid = f.pronamespace
LEFT JOIN pg_aggregate a ON a.aggfnoid = f.oid
WHERE n.nspname = ANY ($1::text[])
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = f.tableoid AND d.objid = f.oid AND d.deptype IN ('e', 'i'))
