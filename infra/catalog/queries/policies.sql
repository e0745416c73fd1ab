SELECT 'policy', quote_ident(n.nspname), quote_ident(c.relname), quote_ident(p.polname), p.tableoid, p.oid, 0,
       json_build_object('definition', concat(
         CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE ' END,
         'FOR ', CASE p.polcmd
           WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
           ELSE 'ALL' END,
         ' TO ', (SELECT string_agg(CASE WHEN role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(role)) END, ', '
             ORDER BY pg_get_userbyid(role)) FROM unnest(p.polroles) AS role),
         format(' USING (%s)', nullif(pg_get_expr(p.polqual, c.oid, true), '')),
         CASE WHEN p.polwithcheck IS NOT NULL THEN
           format(' WITH CHECK (%s)', pg_get_expr(p.polwithcheck, c.oid, true)) END))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[])
