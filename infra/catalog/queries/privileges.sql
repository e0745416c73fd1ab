-- What each grantee has, where that is not what an object without any GRANT would give. So no list at all (NULL) and
-- the list that a GRANT and a REVOKE leave are one. * stands for WITH GRANT OPTION.
WITH schemas AS (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[])), lists AS (
  SELECT tableoid AS catalog, oid, 0 AS part, nspacl AS acl, acldefault('n', nspowner) AS usual
  FROM pg_namespace WHERE oid IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT tableoid, oid, 0, relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)
  FROM pg_class WHERE relnamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT c.tableoid, c.oid, a.attnum, a.attacl, NULL
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT tableoid, oid, 0, proacl, acldefault('f', proowner)
  FROM pg_proc WHERE pronamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT tableoid, oid, 0, typacl, acldefault('T', typowner)
  FROM pg_type WHERE typnamespace IN (SELECT oid FROM schemas)
  UNION ALL
  SELECT tableoid, oid, 0, defaclacl, CASE defaclnamespace WHEN 0 THEN
    acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole) END
  FROM pg_default_acl
), pairs AS (  -- objects by the thousand have the same list
  SELECT acl, usual, array_agg(catalog) AS catalogs, array_agg(oid) AS oids, array_agg(part) AS parts
  FROM lists WHERE acl IS NOT NULL GROUP BY acl, usual
)
SELECT catalog, oid, part, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
       coalesce(granted, 'none')
FROM pairs, LATERAL (
  SELECT grantee, string_agg(DISTINCT privilege, ', ') FILTER (WHERE NOT is_usual) AS granted,
         string_agg(DISTINCT privilege, ', ') FILTER (WHERE is_usual) AS expected
  FROM (SELECT *, false AS is_usual FROM aclexplode(acl) UNION ALL SELECT *, true FROM aclexplode(usual)) AS items,
       concat(privilege_type, CASE WHEN is_grantable THEN '*' END) AS privilege
  GROUP BY grantee) AS compared, unnest(catalogs, oids, parts) AS place (catalog, oid, part)
WHERE granted IS DISTINCT FROM expected
