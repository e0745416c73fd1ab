"""What no role may do: for each statement the SQLSTATE of its refusal, for the roles that must not run it.

The migrator acts as the owner. So it may change everything in the database, and nothing beside it. The names are those
of a stack with the defaults of Pulumi.yaml; the schema `elsewhere` is made by the tests and belongs to the superuser.
"""

from __future__ import annotations

DENIED = "42501"  # insufficient_privilege
REFUSED = "23001"  # restrict_violation: what an append-only table says

SERVER = (
    "ALTER SYSTEM SET work_mem = '1GB'",
    "CHECKPOINT",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_restore_point('mine')",
    "SELECT pg_promote()",
    "SELECT pg_create_physical_replication_slot('mine')",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' LIMIT 1",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres' LIMIT 1",
    "SET log_statement = 'none'",
    "SET session_replication_role = 'replica'",
    "SET session_preload_libraries = 'mine'",
    "CREATE TABLESPACE mine LOCATION '/tmp'",
    "CREATE DATABASE mine",
    "DROP DATABASE postgres",
    "ALTER DATABASE postgres SET work_mem = '1GB'",
    "CREATE PUBLICATION mine FOR ALL TABLES",
    "CREATE SUBSCRIPTION mine CONNECTION 'host=127.0.0.1' PUBLICATION mine",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION set_updated_at()",
)
FILES_AND_PROGRAMS = (
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('global/pg_control')",
    "SELECT pg_stat_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_ls_logdir()",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/mine')",
    "COPY (SELECT 1) TO '/tmp/mine'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "LOAD 'dblink'",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "CREATE EXTENSION file_fdw",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE internal AS 'pg_backend_pid'",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE c AS '/tmp/mine.so'",
)
ROLES = (
    "CREATE ROLE mine",
    "DROP ROLE creativeflow_app",
    "ALTER ROLE SESSION_USER SUPERUSER",
    "ALTER ROLE SESSION_USER CREATEROLE",
    "ALTER ROLE SESSION_USER CREATEDB",
    "ALTER ROLE SESSION_USER REPLICATION",
    "ALTER ROLE SESSION_USER BYPASSRLS",
    "ALTER ROLE postgres PASSWORD 'mine'",
    "ALTER ROLE creativeflow_owner LOGIN PASSWORD 'mine'",
    "GRANT creativeflow_owner TO creativeflow_app",
    "GRANT pg_read_server_files TO SESSION_USER",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "TABLE pg_authid",
    "TABLE pg_shadow",
    "TABLE pg_user_mapping",
    "TABLE pg_statistic",
    "UPDATE pg_database SET datallowconn = true",
    "DELETE FROM pg_proc",
)
ELSEWHERE = (
    "TABLE elsewhere.things",
    "INSERT INTO elsewhere.things VALUES (1)",
    "CREATE TABLE elsewhere.mine ()",
    "DROP TABLE elsewhere.things",
    "DROP SCHEMA elsewhere",
    "CREATE TABLE pg_catalog.mine ()",
    "CREATE TABLE information_schema.mine ()",
)
EVERYBODY = (*SERVER, *FILES_AND_PROGRAMS, *ROLES, *ELSEWHERE)

DEFINITIONS = (
    "CREATE SCHEMA mine",
    "CREATE TABLE mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE TABLE creativeflow.mine ()",
    "CREATE TEMPORARY TABLE mine ()",
    "SELECT 1 AS one INTO TEMPORARY mine",
    "CREATE FUNCTION pg_temp.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    'CREATE VIEW mine AS SELECT 1 AS "one"',
    "CREATE SEQUENCE mine",
    "CREATE TYPE mine AS ENUM ('one')",
    "CREATE DOMAIN mine AS integer",
    "CREATE OPERATOR creativeflow.= (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION pg_trgm",
    'CREATE INDEX mine ON "User" (email)',
    'CREATE TRIGGER mine BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION set_updated_at()',
    'CREATE RULE mine AS ON INSERT TO "User" DO INSTEAD NOTHING',
    'CREATE POLICY mine ON "User"',
    'CREATE STATISTICS mine ON id, email FROM "User"',
    'ALTER TABLE "User" ADD COLUMN mine text',
    'ALTER TABLE "User" DISABLE TRIGGER USER',
    'ALTER TABLE "UsageLog" DISABLE TRIGGER USER',
    'ALTER TABLE "User" OWNER TO SESSION_USER',
    'ALTER TABLE "User" SET SCHEMA public',
    "ALTER FUNCTION append_only() RESET ALL",
    "ALTER SCHEMA creativeflow RENAME TO mine",
    "ALTER DATABASE creativeflow SET search_path = mine",
    'COMMENT ON COLUMN "User"."passwordHash" IS \'no secret\'',
    'TRUNCATE "Team"',
    'TRUNCATE "UsageLog"',
    'REINDEX TABLE "User"',
    'DROP TABLE "User"',
    "DROP FUNCTION append_only() CASCADE",
    "DROP SCHEMA creativeflow CASCADE",
    "DROP DATABASE creativeflow",
    "DROP OWNED BY creativeflow_owner",
    "REASSIGN OWNED BY creativeflow_owner TO SESSION_USER",
    "ALTER DEFAULT PRIVILEGES FOR ROLE creativeflow_owner GRANT ALL ON TABLES TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE creativeflow_owner IN SCHEMA creativeflow GRANT ALL ON FUNCTIONS TO PUBLIC",
    "SET ROLE creativeflow_owner",
    "SET ROLE creativeflow_migrator",
    "SELECT detach_partitions('UsageLog', '2100-01-01Z')",
)
HISTORY = (
    "UPDATE flyway_schema_history SET success = false",
    "UPDATE creativeflow_seed_history SET checksum = 0",
    *(
        statement.format(table)
        for table in ("flyway_schema_history", "creativeflow_seed_history", "creativeflow_catalog_history")
        for statement in ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}")
    ),
)
LIMITED = (*EVERYBODY, *DEFINITIONS, *HISTORY)

SECRETS = (
    ("User", "passwordHash"),
    ("User", "mfaSecret"),
    ("SocialMediaConnection", "accessToken"),
    ("SocialMediaConnection", "refreshToken"),
    ("APIClient", "apiKey"),
    ("APIClient", "secretHash"),
    ("Session", "id"),
)
READS_OF_SECRETS = tuple(
    statement.format(table=table, column=column)
    for table, column in SECRETS
    for statement in (
        'SELECT "{column}" FROM "{table}"',
        'SELECT FROM "{table}" WHERE "{column}" IS NULL',
        'SELECT to_jsonb(one) FROM "{table}" one',
        'COPY "{table}" ("{column}") TO STDOUT',
    )
)
WRITES = (
    """INSERT INTO "Team" (name) VALUES ('mine')""",
    """UPDATE "Team" SET name = 'mine'""",
    'DELETE FROM "Team"',
    'SELECT FROM "Team" FOR UPDATE',
    'DO $$ BEGIN LOCK TABLE "Team" IN SHARE MODE; END $$',
    'COPY "Team" FROM STDIN',
    'MERGE INTO "Team" USING (SELECT 1) one ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES',
)
OF_THE_UPKEEP_ROLE = ("SELECT make_months_ahead(0)", "SELECT refuse_stray_rows()")
_LEDGER = """INSERT INTO "UsageLog" ("userId", "actionType") SELECT id, 'login' FROM "User";"""
APPEND_ONLY = (
    f'{_LEDGER} DELETE FROM "UsageLog"',
    f'{_LEDGER} UPDATE "UsageLog" SET "creditsCost" = 1000',
    f'{_LEDGER} UPDATE "UsageLog" SET "timestamp" = \'2001-01-01Z\'',
    f'{_LEDGER} DELETE FROM "User"',
    _LEDGER + """ DO $$ BEGIN EXECUTE (SELECT format('DELETE FROM %s', tableoid::regclass) FROM "UsageLog"); END $$""",
    _LEDGER + """ MERGE INTO "UsageLog" USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE""",
)

TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "migrator": (
        *((each, DENIED) for each in EVERYBODY),
        ("SET ROLE creativeflow_app", DENIED),
        ("ALTER ROLE creativeflow_app PASSWORD 'mine'", DENIED),
    ),
    "app": (*((each, DENIED) for each in (*LIMITED, *OF_THE_UPKEEP_ROLE)), *((each, REFUSED) for each in APPEND_ONLY)),
    "readonly": tuple(
        (each, DENIED)
        for each in (
            *LIMITED,
            *OF_THE_UPKEEP_ROLE,
            *READS_OF_SECRETS,
            *WRITES,
            "TABLE creativeflow_seed_history",
            'TABLE "UsageLog_default"',
        )
    ),
    "upkeep": tuple(
        (each, DENIED)
        for each in (
            *LIMITED,
            *READS_OF_SECRETS,
            *WRITES,
            'SELECT FROM "Team"',
            'SELECT FROM "UsageLog_default"',
            "TABLE flyway_schema_history",
            "SELECT missing_partitions(0)",
            'GRANT SELECT ON "Team" TO SESSION_USER',
        )
    ),
}
"""By role: statements, each with the SQLSTATE of its refusal."""
