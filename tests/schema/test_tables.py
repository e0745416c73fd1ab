"""The migrated database has the specification's tables, columns and keys, to the letter."""

from __future__ import annotations

import psycopg
import pytest

from tests.schema.expectations import TABLES

_SPELT = {"character varying": "varchar", "timestamp with time zone": "timestamptz"}

UNIQUE = {
    ("User", "email"),
    ("User", "username"),
    ("User", "socialProvider, socialProviderId"),
    ("AssetVersion", "assetId, versionNumber"),
    ("AssetVersion", "projectId, versionNumber"),
    ("SocialMediaConnection", "userId, platform"),
    ("APIClient", "apiKey"),
    ("Subscription", "odooSaleOrderId"),
    ("TeamMember", "teamId, userId"),
    ("AIModel", "name"),
    ("AIModelVersion", "modelId, versionNumber"),
}

REFERENCES = {
    ("BrandKit", "userId", "User", "RESTRICT"),
    ("BrandKit", "teamId", "Team", "CASCADE"),
    ("Workbench", "userId", "User", "CASCADE"),
    ("Workbench", "defaultBrandKitId", "BrandKit", "SET NULL"),
    ("Project", "workbenchId", "Workbench", "RESTRICT"),
    ("Project", "userId", "User", "RESTRICT"),
    ("Project", "templateId", "Template", "SET NULL"),
    ("Project", "brandKitId", "BrandKit", "SET NULL"),
    ("Asset", "projectId", "Project", "SET NULL"),
    ("Asset", "userId", "User", "RESTRICT"),
    ("Asset", "generationRequestId", "GenerationRequest", "SET NULL"),
    ("AssetVersion", "assetId", "Asset", "CASCADE"),
    ("AssetVersion", "projectId", "Project", "CASCADE"),
    ("AssetVersion", "createdByUserId", "User", "SET NULL"),
    ("GenerationRequest", "userId", "User", "RESTRICT"),
    ("GenerationRequest", "projectId", "Project", "RESTRICT"),
    ("GenerationRequest", "finalAssetId", "Asset", "SET NULL"),
    ("SocialMediaConnection", "userId", "User", "CASCADE"),
    ("APIClient", "userId", "User", "CASCADE"),
    ("Subscription", "userId", "User", "RESTRICT"),
    ("CreditTransaction", "userId", "User", "RESTRICT"),
    ("CreditTransaction", "generationRequestId", "GenerationRequest", "RESTRICT"),
    ("CreditTransaction", "apiClientId", "APIClient", "RESTRICT"),
    ("UsageLog", "userId", "User", "RESTRICT"),
    ("UsageLog", "generationRequestId", "GenerationRequest", "RESTRICT"),
    ("UsageLog", "apiClientId", "APIClient", "RESTRICT"),
    ("Team", "ownerId", "User", "RESTRICT"),
    ("TeamMember", "teamId", "Team", "CASCADE"),
    ("TeamMember", "userId", "User", "CASCADE"),
    ("Session", "userId", "User", "CASCADE"),
    ("Notification", "userId", "User", "CASCADE"),
    ("Template", "userId", "User", "CASCADE"),
    ("AIModelVersion", "modelId", "AIModel", "RESTRICT"),
    ("AIModelVersion", "validationResultId", "AIModelValidationResult", "NO ACTION"),
    ("AIModelVersion", "createdByUserId", "User", "SET NULL"),
    ("AIModelValidationResult", "modelVersionId", "AIModelVersion", "RESTRICT"),
    ("AIModelValidationResult", "validatedByUserId", "User", "SET NULL"),
    ("AIModelDeployment", "modelVersionId", "AIModelVersion", "RESTRICT"),
    ("AIModelDeployment", "deployedByUserId", "User", "SET NULL"),
    ("AIModelFeedback", "userId", "User", "CASCADE"),
    ("AIModelFeedback", "generationRequestId", "GenerationRequest", "SET NULL"),
    ("AIModelFeedback", "modelVersionId", "AIModelVersion", "SET NULL"),
}


def test_there_are_the_22_tables_of_the_specification_and_no_other(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    assert {name for (name,) in found} == set(TABLES)
    assert len(TABLES) == 22


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_columns_in_order(connection: psycopg.Connection, table: str) -> None:
    found = connection.execute(
        "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        [table],
    ).fetchall()
    assert [(name, _SPELT.get(kind, kind), null) for name, kind, null in found] == TABLES[table]


def test_every_primary_key_is_the_id_and_makes_itself(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_constraint k"
        " JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = current_schema()::regnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]"
        " JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE k.contype = 'p'"
    ).fetchall()
    expected = {(table, "id", "gen_random_uuid()") for table in TABLES if table != "UsageLog"}
    assert set(found) == expected | {("UsageLog", "id", "nextval('\"UsageLog_id_seq\"'::regclass)")}


def test_unique_constraints_are_the_expected_ones(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT c.relname, (SELECT string_agg(a.attname, ', ' ORDER BY p.n)"
        "   FROM unnest(k.conkey) WITH ORDINALITY AS p (attnum, n)"
        "   JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.attnum)"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE k.contype = 'u' AND c.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    assert set(found) == UNIQUE


def test_references_are_the_expected_ones_with_their_rule_for_deletion(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT c.relname, a.attname, f.relname, CASE k.confdeltype"
        " WHEN 'a' THEN 'NO ACTION' WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' END"
        " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]"
        " WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"
    ).fetchall()
    assert set(found) == REFERENCES


def test_every_time_stamp_has_a_time_zone_and_every_amount_a_scale(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT table_name, column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND (data_type LIKE 'timestamp%%' OR data_type = 'numeric')"
    ).fetchall()
    assert len(found) > 40
    kinds = {(kind, precision, scale) for _, _, kind, precision, scale in found}
    assert kinds == {("timestamp with time zone", None, None), ("numeric", 12, 2)}


def test_every_table_and_every_secret_has_a_comment(connection: psycopg.Connection) -> None:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        " AND length(obj_description(oid, 'pg_class')) > 10"
    ).fetchall()
    assert {name for (name,) in tables} == set(TABLES)
    secrets = connection.execute(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = current_schema()::regnamespace"
        " AND col_description(c.oid, a.attnum) LIKE 'secret: %'"
    ).fetchall()
    assert set(secrets) == {
        ("User", "passwordHash"),
        ("User", "mfaSecret"),
        ("SocialMediaConnection", "accessToken"),
        ("SocialMediaConnection", "refreshToken"),
        ("APIClient", "apiKey"),
        ("APIClient", "secretHash"),
    }
