"""The smallest valid row of each table, with the rows it needs, so that a test writes only what it is about."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=30)


def _unique() -> str:
    return uuid.uuid4().hex


# What a row must be given: a value, a function that makes one, or the table whose new row it refers to.
_REQUIRED: dict[str, dict[str, object]] = {
    "User": {"email": lambda: f"{_unique()}@example.com", "passwordHash": "$argon2id$..."},
    "Team": {"name": "Design", "ownerId": "User"},
    "TeamMember": {"teamId": "Team", "userId": "User", "role": "editor"},
    "BrandKit": {"userId": "User", "name": "Corporate"},
    "Workbench": {"userId": "User", "name": "Spring"},
    "Template": {"name": "Post", "category": "social_post", "previewUrl": "templates/previews/post.png"},
    "Project": {"workbenchId": "Workbench", "userId": "User", "name": "Launch"},
    "GenerationRequest": {"userId": "User", "projectId": "Project", "inputPrompt": "A red fox"},
    "Asset": {
        "userId": "User",
        "name": "fox",
        "type": "uploaded",
        "filePath": "assets/fox.png",
        "mimeType": "image/png",
        "format": "png",
    },
    "AssetVersion": {"versionNumber": 1, "filePath": "assets/fox-1.png"},
    "SocialMediaConnection": {"userId": "User", "platform": "x", "externalUserId": "7", "accessToken": "sealed"},
    "APIClient": {"userId": "User", "name": "Shop", "apiKey": _unique, "secretHash": "$argon2id$..."},
    "Subscription": {
        "userId": "User",
        "odooSaleOrderId": _unique,
        "planId": "pro-monthly",
        "status": "active",
        "currentPeriodStart": NOW,
        "currentPeriodEnd": LATER,
    },
    "CreditTransaction": {"userId": "User", "amount": 10, "actionType": "purchase"},
    "UsageLog": {"userId": "User", "actionType": "export"},
    "Session": {"userId": "User", "expiresAt": LATER},
    "Notification": {"userId": "User", "type": "generation_completed", "message": "Your fox is ready"},
    "AIModel": {"name": _unique, "provider": "Own", "taskType": "image_generation"},
    "AIModelVersion": {"modelId": "AIModel", "versionNumber": "1.0.0"},
    "AIModelValidationResult": {
        "modelVersionId": "AIModelVersion",
        "securityScanStatus": "passed",
        "functionalStatus": "passed",
    },
    "AIModelDeployment": {
        "modelVersionId": "AIModelVersion",
        "environment": "staging",
        "deploymentStrategy": "canary",
    },
    "AIModelFeedback": {"userId": "User"},
}


def insert(connection: psycopg.Connection, table: str, /, **given: object) -> object:
    """Insert a row of `table` with `given` over what it needs, and return its id. A dict or a list becomes jsonb."""
    row = {name: value for name, value in _REQUIRED[table].items() if name not in given}
    values = {name: _make(connection, name, value) for name, value in row.items()} | given
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(sql.Placeholder() * len(values)),
    )
    parameters = [Jsonb(value) if isinstance(value, dict | list) else value for value in values.values()]
    row_id = connection.execute(statement, parameters).fetchone()
    assert row_id is not None
    return row_id[0]


def delete(connection: psycopg.Connection, table: str, row: object) -> None:
    """Delete the row whose id is `row`."""
    connection.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(table)), [row])


def _make(connection: psycopg.Connection, name: str, value: object) -> object:
    if callable(value):
        return value()
    if name.endswith("Id") and value in _REQUIRED:
        return insert(connection, str(value))
    return value
