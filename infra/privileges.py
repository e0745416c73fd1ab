"""What the read-only role may read, every column but the secrets; and what the role for upkeep may call.

A column is a secret when its comment begins with `secret: `, which the migrations write, so that it is marked where it
is made. The role is given columns, never a table as a whole, and has no default privileges on tables: what a script
adds is closed until all have run and their marks are known. A view is read with its owner's rights, and comments do not
follow a column into it, so that a view of secrets is closed until a script grants it. The seeds' history is not for the
role either: that holds a digest of what the seeds were given.

A function whose comment begins with `upkeep: ` does its work with the owner's rights. It is for the upkeep role alone,
and default privileges have opened it to others.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from infra.flyway.server.session import Connect, opened

from . import seeds

# Which columns a view reads is in pg_depend. A row as a whole, as in `to_jsonb(u)`, is not; but in the view's rule it
# is a Var of number 0 with the type of the table's rows, or with that of any (`record`, 2249) where it is a join's.
_RELATIONS = """
WITH RECURSIVE marked (relation, number) AS (
  SELECT objoid, objsubid FROM pg_catalog.pg_description
  WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid > 0 AND description LIKE 'secret: %%'
  UNION  -- a partition, or another child, has the column without the comment
  SELECT i.inhrelid, child.attnum
  FROM marked m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.relation
  JOIN pg_catalog.pg_attribute parent ON parent.attrelid = m.relation AND parent.attnum = m.number
  JOIN pg_catalog.pg_attribute child ON child.attrelid = i.inhrelid AND child.attname = parent.attname
), uses AS (
  SELECT r.ev_class AS view, r.oid AS rule, d.refobjid AS relation, d.refobjsubid AS number
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
  WHERE r.ev_type = '1'
), reveals (view, relation, number) AS (
  SELECT u.view, m.relation, m.number
  FROM uses u JOIN marked m ON m.relation = u.relation JOIN pg_catalog.pg_class c ON c.oid = m.relation
  JOIN pg_catalog.pg_rewrite r ON r.oid = u.rule, LATERAL (SELECT r.ev_action::text) AS action (tree)
  WHERE u.number = m.number
     OR pg_catalog.strpos(tree, ':varattno 0 :vartype ' || c.reltype || ' ') > 0
     OR (pg_catalog.strpos(tree, ':varattno 0 :vartype 2249 ') > 0 AND pg_catalog.strpos(tree, ':rtekind 2 ') > 0)
  UNION
  SELECT u.view, r.relation, r.number FROM uses u JOIN reveals r ON r.view = u.relation
)
SELECT n.nspname, c.relname,
       EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) WHERE grantee = reader.oid AND privilege_type = 'SELECT'),
       pg_catalog.array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE EXISTS (
         SELECT FROM pg_catalog.aclexplode(a.attacl) WHERE grantee = reader.oid AND privilege_type = 'SELECT')),
       pg_catalog.array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE m.number IS NULL),
       pg_catalog.bool_or(m.number IS NOT NULL),
       (SELECT pg_catalog.string_agg(column_name, ', ' ORDER BY column_name)
        FROM reveals r JOIN pg_catalog.pg_class t ON t.oid = r.relation
        JOIN pg_catalog.pg_attribute s ON s.attrelid = r.relation AND s.attnum = r.number,
        LATERAL pg_catalog.format('%%I.%%I', t.relname, s.attname) AS column_name
        WHERE r.view = c.oid AND NOT EXISTS (  -- such a view is read with the rights of who reads it
          SELECT FROM pg_catalog.pg_options_to_table(c.reloptions)
          WHERE option_name = 'security_invoker' AND option_value::boolean))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = ANY (%(schemas)s)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_roles reader ON reader.rolname = %(role)s
LEFT JOIN marked m ON m.relation = c.oid AND m.number = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND c.relname <> %(seeds)s AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
GROUP BY n.oid, c.oid, reader.oid
ORDER BY n.nspname, c.relname
"""

_UPKEEP = """
SELECT pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
       coalesce(pg_catalog.array_agg(r.rolname) FILTER (
         WHERE a.grantee IS NOT NULL AND r.rolname IS DISTINCT FROM %(role)s), '{}') AS others,
       coalesce(pg_catalog.bool_or(r.rolname = %(role)s), false)
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace AND n.nspname = ANY (%(schemas)s)
LEFT JOIN LATERAL pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) a
  ON a.grantee <> p.proowner
LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
WHERE pg_catalog.obj_description(p.oid, 'pg_proc') LIKE 'upkeep: %%' AND pg_catalog.pg_has_role(p.proowner, 'USAGE')
GROUP BY n.nspname, p.oid, p.proname
ORDER BY n.nspname, p.proname, p.oid
"""


def grant_reads(connect: Connect, schemas: Sequence[str], role: str) -> tuple[str, ...]:
    """Let `role` read all that is no secret in the tables and views of `schemas`, and nothing else of them.

    Partitions are read through their table. A view of secrets is closed, unless a script has granted it as a whole and
    marked none of its columns. Where nothing is to change, nothing is written. `connect` logs in as a member of the
    owner. Returns a line for each view that is closed, with what to do. Raises FlywayError for what the server refuses.
    """
    closed = []
    with opened(connect) as session, session.connection.transaction():
        about = {"role": role, "schemas": list(schemas), "seeds": seeds.TABLE}
        relations = session.connection.execute(_RELATIONS, about).fetchall()
        for schema, name, whole, granted, unmarked, marked, revealed in relations:
            relation, reader = sql.Identifier(schema, name), sql.Identifier(role)
            if revealed and whole and not marked:
                continue
            if revealed:
                grant = sql.SQL("GRANT SELECT ON {} TO {}").format(relation, reader).as_string(session.connection)
                view = relation.as_string(session.connection)
                closed.append(
                    f"{role} may not read the view {view}, which reads what is secret ({revealed}): take that out of "
                    f"it; or, where what it shows of that is for {role} to know, have a script {grant}"
                )
            columns = None if revealed else unmarked
            if whole or granted != columns:
                session.connection.execute(sql.SQL("REVOKE SELECT ON {} FROM {}").format(relation, reader))
                if columns:
                    names = sql.SQL(", ").join(map(sql.Identifier, columns))
                    grant_columns = sql.SQL("GRANT SELECT ({}) ON {} TO {}")
                    session.connection.execute(grant_columns.format(names, relation, reader))
    return tuple(closed)


def grant_upkeep(connect: Connect, schemas: Sequence[str], role: str) -> None:
    """Let `role` call the functions and procedures of `schemas` that are for upkeep, and nobody else but their owner.

    Where nothing is to change, nothing is written. `connect` logs in as a member of the owner. Raises FlywayError for
    what the server refuses.
    """
    with opened(connect) as session, session.connection.transaction():
        about = {"role": role, "schemas": list(schemas)}
        for identity, others, may in session.connection.execute(_UPKEEP, about).fetchall():
            routine = sql.SQL(identity)  # quoted by the server: only with its arguments' types is an overload one
            for other in others:
                grantee = sql.SQL("PUBLIC") if other is None else sql.Identifier(other)
                session.connection.execute(sql.SQL("REVOKE EXECUTE ON ROUTINE {} FROM {}").format(routine, grantee))
            if not may:
                grant = sql.SQL("GRANT EXECUTE ON ROUTINE {} TO {}")
                session.connection.execute(grant.format(routine, sql.Identifier(role)))
