"""What may exist once only, what may refer to what, and what a deletion takes with it or is refused for."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from tests.schema.rows import delete, insert


def _exists(connection: psycopg.Connection, table: psycopg.sql.Identifier, row: object) -> bool:
    found = connection.execute(psycopg.sql.SQL("SELECT FROM {} WHERE id = %s").format(table), [row])
    return found.fetchone() is not None


def test_one_address_is_one_account_however_it_is_spelt(connection: psycopg.Connection) -> None:
    insert(connection, "User", email="Ada@example.com")
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "User", email="ada@EXAMPLE.com")


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        ({"email": "ada@example.com"}, {"email": "Ada@example.com"}),
        ({"username": "ada"}, {"username": "ada"}),
        ({"socialProvider": "google", "socialProviderId": "7"}, {"socialProvider": "google", "socialProviderId": "7"}),
    ],
)
def test_a_deleted_account_keeps_its_names(
    connection: psycopg.Connection, kept: dict[str, object], wanted: dict[str, object]
) -> None:
    insert(connection, "User", deletedAt="2026-01-01T00:00:00Z", **kept)
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "User", **wanted)


def test_one_account_at_a_provider_is_one_user(connection: psycopg.Connection) -> None:
    insert(connection, "User", socialProvider="google", socialProviderId="7")
    insert(connection, "User", socialProvider="apple", socialProviderId="7")
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "User", socialProvider="google", socialProviderId="7")


def test_a_user_has_one_personal_default_brand_kit(connection: psycopg.Connection) -> None:
    user = insert(connection, "User")
    insert(connection, "BrandKit", userId=user, isDefault=False)
    insert(connection, "BrandKit", userId=user, isDefault=True)
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "BrandKit", userId=user, isDefault=True)


def test_a_team_has_one_default_brand_kit_whoever_made_it(connection: psycopg.Connection) -> None:
    user, team = insert(connection, "User"), insert(connection, "Team")
    insert(connection, "BrandKit", userId=user, isDefault=True)
    insert(connection, "BrandKit", userId=user, teamId=team, isDefault=True)
    insert(connection, "BrandKit", userId=user, teamId=insert(connection, "Team"), isDefault=True)
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "BrandKit", teamId=team, isDefault=True)


@pytest.mark.parametrize(("column", "parent"), [("assetId", "Asset"), ("projectId", "Project")])
def test_a_version_number_is_unique_for_its_parent(connection: psycopg.Connection, column: str, parent: str) -> None:
    one, other = insert(connection, parent), insert(connection, parent)
    insert(connection, "AssetVersion", **{column: one, "versionNumber": 1})
    insert(connection, "AssetVersion", **{column: other, "versionNumber": 1})
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(connection, "AssetVersion", **{column: one, "versionNumber": 1})


def test_a_request_and_its_final_asset_arrive_together_in_either_order(connection: psycopg.Connection) -> None:
    connection.execute('SET CONSTRAINTS "GenerationRequest_finalAssetId_fkey" DEFERRED')
    asset = uuid.uuid4()
    request = insert(connection, "GenerationRequest", finalAssetId=asset)
    insert(connection, "Asset", id=asset, generationRequestId=request, type="ai_generated")
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_model_version_and_its_validation_arrive_together_in_either_order(connection: psycopg.Connection) -> None:
    connection.execute('SET CONSTRAINTS "AIModelVersion_validationResultId_fkey" DEFERRED')
    result = uuid.uuid4()
    version = insert(connection, "AIModelVersion", validationResultId=result)
    insert(connection, "AIModelValidationResult", id=result, modelVersionId=version)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("table", "column"), [("GenerationRequest", "finalAssetId"), ("AIModelVersion", "validationResultId")]
)
def test_a_circular_reference_to_nothing_is_refused_at_once(
    connection: psycopg.Connection, table: str, column: str
) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        insert(connection, table, **{column: uuid.uuid4()})


@pytest.mark.parametrize("table", ["CreditTransaction", "UsageLog", "Subscription", "GenerationRequest"])
def test_money_and_audit_keep_their_user(connection: psycopg.Connection, table: str) -> None:
    user = insert(connection, "User")
    insert(connection, table, userId=user)
    # PostgreSQL 18 has a code of its own for RESTRICT.
    with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.ForeignKeyViolation)):
        delete(connection, "User", user)


@pytest.mark.parametrize("table", ["Session", "Notification", "SocialMediaConnection", "APIClient", "TeamMember"])
def test_what_is_worth_nothing_without_its_user_goes_with_it(connection: psycopg.Connection, table: str) -> None:
    user = insert(connection, "User")
    row = insert(connection, table, userId=user)
    delete(connection, "User", user)
    assert not _exists(connection, psycopg.sql.Identifier(table), row)


def test_an_asset_outlives_its_project(connection: psycopg.Connection) -> None:
    project = insert(connection, "Project")
    asset = insert(connection, "Asset", projectId=project)
    delete(connection, "Project", project)
    kept = connection.execute('SELECT "projectId" FROM "Asset" WHERE id = %s', [asset]).fetchone()
    assert kept == (None,)
