"""The database refuses what must never be in it, and takes every value that a list allows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import psycopg
import pytest

from tests.schema.rows import NOW, insert

LISTS = {
    ("User", "subscriptionTier"): "free pro team enterprise",
    ("Asset", "type"): "uploaded ai_generated",
    ("GenerationRequest", "status"): (
        "pending processing_samples awaiting_selection processing_final completed failed cancelled content_rejected"
    ),
    ("SocialMediaConnection", "platform"): "facebook instagram linkedin pinterest tiktok x youtube",
    ("Subscription", "status"): "trial active past_due suspended cancelled expired",
    ("TeamMember", "role"): "owner admin editor viewer",
    ("AIModel", "taskType"): (
        "image_generation image_editing style_transfer upscaling background_removal"
        " text_generation video_generation content_moderation"
    ),
    ("AIModelVersion", "status"): "staged validating validated validation_failed production deprecated archived",
    ("AIModelValidationResult", "securityScanStatus"): "pending passed failed skipped",
    ("AIModelValidationResult", "functionalStatus"): "pending passed failed skipped",
    ("AIModelDeployment", "environment"): "development staging production",
    ("AIModelDeployment", "status"): "pending deploying active failed rolled_back retired",
    ("AIModelDeployment", "deploymentStrategy"): "recreate rolling blue_green canary",
}

OBJECTS = [
    ("BrandKit", "stylePreferences"),
    ("Project", "collaborationState"),
    ("GenerationRequest", "inputParameters"),
    ("Asset", "metadata"),
    ("UsageLog", "details"),
    ("Notification", "metadata"),
    ("Template", "sourceData"),
    ("AIModelVersion", "parameters"),
    ("AIModelValidationResult", "performanceBenchmark"),
    ("AIModelValidationResult", "results"),
    ("AIModelDeployment", "kubernetesDetails"),
    ("AIModelFeedback", "details"),
]
INFINITE = ["infinity", "-infinity"]
ARRAYS = [
    ("BrandKit", "colors"),
    ("BrandKit", "fonts"),
    ("BrandKit", "logos"),
    ("GenerationRequest", "sampleAssets"),
    ("APIClient", "permissions"),
    ("Template", "tags"),
]
COSTS = [
    ("User", "creditBalance"),
    ("GenerationRequest", "creditsCostSample"),
    ("GenerationRequest", "creditsCostFinal"),
    ("UsageLog", "creditsCost"),
]
NAN = Decimal("NaN")


def _each(columns: Iterable[tuple[str, str]], value: object) -> list[tuple[str, str, dict[str, object]]]:
    return [(table, column, {column: value}) for table, column in columns]


# The table, the constraint's name after the table's, the row that it must refuse.
REFUSED: list[tuple[str, str, dict[str, object]]] = [
    *_each(LISTS, "no_such_value"),
    *_each(OBJECTS, []),
    *_each(ARRAYS, {}),
    *_each(COSTS, Decimal("-0.01")),
    *_each(COSTS, NAN),
    ("CreditTransaction", "amount", {"amount": 0}),
    ("CreditTransaction", "amount", {"amount": NAN}),
    ("User", "email", {"email": "nobody"}),
    ("User", "email", {"email": ""}),
    ("User", "socialProvider", {"socialProvider": "no_such_value", "socialProviderId": "7"}),
    ("User", "socialProviderId", {"socialProvider": "google"}),
    ("User", "socialProviderId", {"socialProviderId": "7"}),
    ("User", "passwordHash", {"passwordHash": None}),
    ("User", "mfaSecret", {"mfaEnabled": True}),
    ("GenerationRequest", "processingTimeMs", {"processingTimeMs": -1}),
    ("AssetVersion", "assetId_projectId", {}),
    ("AssetVersion", "assetId_projectId", {"assetId": "Asset", "projectId": "Project"}),
    ("AssetVersion", "versionNumber", {"assetId": "Asset", "versionNumber": 0}),
    ("Subscription", "currentPeriodEnd", {"currentPeriodEnd": NOW}),
    ("Session", "expiresAt", {"expiresAt": NOW, "createdAt": NOW}),
    ("AssetVersion", "filePath_stateData", {"assetId": "Asset", "filePath": None}),
    ("AssetVersion", "stateData", {"projectId": "Project", "stateData": []}),
    *[("CreditTransaction", "createdAt", {"createdAt": never}) for never in INFINITE],
    *[("UsageLog", "timestamp", {"timestamp": never}) for never in INFINITE],
    *[("Notification", "createdAt", {"createdAt": never}) for never in INFINITE],
    ("AIModelFeedback", "rating", {"rating": 0}),
    ("AIModelFeedback", "rating", {"rating": 6}),
]


def _with_parents(connection: psycopg.Connection, row: dict[str, object]) -> dict[str, object]:
    parents = ("Asset", "Project")
    return {name: insert(connection, str(value)) if value in parents else value for name, value in row.items()}


@pytest.mark.parametrize(("table", "constraint", "row"), REFUSED)
def test_a_row_that_cannot_be_right_is_refused(
    connection: psycopg.Connection, table: str, constraint: str, row: dict[str, object]
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        insert(connection, table, **_with_parents(connection, row))
    assert refusal.value.diag.constraint_name == f"{table}_{constraint}_check"


def test_every_check_in_the_database_is_proved_above(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"
    ).fetchall()
    assert {name for (name,) in found} == {f"{table}_{constraint}_check" for table, constraint, _ in REFUSED}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [(table, column, value) for (table, column), values in LISTS.items() for value in values.split()],
)
def test_a_value_of_a_list_is_taken(connection: psycopg.Connection, table: str, column: str, value: str) -> None:
    assert insert(connection, table, **{column: value})


@pytest.mark.parametrize("provider", ["apple", "facebook", "google"])
def test_a_user_may_sign_in_by_a_social_login_alone(connection: psycopg.Connection, provider: str) -> None:
    assert insert(connection, "User", passwordHash=None, socialProvider=provider, socialProviderId="7")


@pytest.mark.parametrize("rating", [None, 1, 5])
def test_a_rating_is_one_to_five_or_none(connection: psycopg.Connection, rating: int | None) -> None:
    assert insert(connection, "AIModelFeedback", rating=rating)
