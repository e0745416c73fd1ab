"""Seeds may run at every deployment: they write what differs, and nothing that belongs to somebody else by now."""

from __future__ import annotations

import psycopg
import pytest

from tests.schema.rows import insert
from tests.schema.scripts import ADMINISTRATOR, TEMPLATES, execute

EMAIL = "Admin@example.com"
HASH, OTHER_HASH = "$argon2id$one", "$argon2id$other"


def _seed_administrator(connection: psycopg.Connection, password_hash: str = HASH, email: str = EMAIL) -> None:
    # A savepoint has a transaction number of its own, so that a row written by the second run differs in xmin.
    with connection.transaction():
        connection.execute(
            "SELECT set_config('creativeflow.admin_email', %s, true),"
            " set_config('creativeflow.admin_password_hash', %s, true)",
            [email, password_hash],
        )
        execute(connection, ADMINISTRATOR)


def _seed_templates(connection: psycopg.Connection) -> None:
    with connection.transaction():
        execute(connection, TEMPLATES)


def _stored_hash(connection: psycopg.Connection) -> object:
    (row,) = connection.execute('SELECT "passwordHash" FROM "User"').fetchall()
    return row[0]


def _written(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """Every row of the two tables, the transaction that wrote it, and where: any write changes one of them."""
    return connection.execute(
        'SELECT id, xmin, ctid FROM "Template" UNION ALL SELECT id, xmin, ctid FROM "User" ORDER BY id'
    ).fetchall()


def test_a_second_run_writes_no_row(connection: psycopg.Connection) -> None:
    _seed_administrator(connection)
    _seed_templates(connection)
    before = _written(connection)
    assert len(before) > 8
    _seed_administrator(connection)
    _seed_templates(connection)
    assert _written(connection) == before


def test_the_administrator_can_sign_in_with_what_the_settings_say(connection: psycopg.Connection) -> None:
    _seed_administrator(connection)
    found = connection.execute('SELECT email, "passwordHash", "isEmailVerified", "mfaEnabled" FROM "User"').fetchall()
    assert found == [(EMAIL, HASH, True, False)]


def test_another_spelling_of_the_address_is_the_same_administrator(connection: psycopg.Connection) -> None:
    _seed_administrator(connection)
    before = _written(connection)
    _seed_administrator(connection, email=EMAIL.upper())
    assert _written(connection) == before


def test_the_hash_follows_the_settings_until_the_first_login(connection: psycopg.Connection) -> None:
    _seed_administrator(connection)
    _seed_administrator(connection, OTHER_HASH)
    assert _stored_hash(connection) == OTHER_HASH


@pytest.mark.parametrize("column", ["lastLoginAt", "deletedAt"])
def test_an_account_in_use_or_deleted_is_left_alone(connection: psycopg.Connection, column: str) -> None:
    insert(connection, "User", email=EMAIL, passwordHash=HASH, **{column: "2026-01-01T00:00:00Z"})
    before = _written(connection)
    _seed_administrator(connection, OTHER_HASH)
    assert (_stored_hash(connection), _written(connection)) == (HASH, before)


@pytest.mark.parametrize(("email", "password_hash"), [("", HASH), (EMAIL, "")])
def test_a_missing_setting_stops_the_seed_without_a_word_about_the_hash(
    connection: psycopg.Connection, email: str, password_hash: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="must be set") as stop:
        _seed_administrator(connection, password_hash, email)
    assert HASH not in f"{stop.value} {stop.value.diag.message_detail}"


def test_settings_that_were_never_set_stop_the_seed(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="must be set"):
        execute(connection, ADMINISTRATOR)


def test_the_default_templates_are_public_and_of_the_system(connection: psycopg.Connection) -> None:
    _seed_templates(connection)
    found = connection.execute(
        'SELECT "userId" IS NULL AND "isPublic", "previewUrl", jsonb_array_length(tags),'
        ' jsonb_array_length("sourceData" -> \'layers\') FROM "Template"'
    ).fetchall()
    assert len(found) >= 8
    assert len({preview for _, preview, _, _ in found}) == len(found)
    for of_the_system, preview, tags, layers in found:
        assert of_the_system
        assert preview.startswith("templates/previews/")
        assert preview.endswith(".png")
        assert tags >= 2
        assert layers >= 2


def test_only_the_template_that_differs_is_written(connection: psycopg.Connection) -> None:
    _seed_templates(connection)
    seeded = connection.execute('SELECT id, name FROM "Template" ORDER BY id').fetchall()
    with connection.transaction():
        connection.execute('UPDATE "Template" SET name = %s WHERE id = %s', ["Changed by hand", seeded[0][0]])
    before = dict((row, where) for row, *where in _written(connection))
    _seed_templates(connection)
    after = dict((row, where) for row, *where in _written(connection))
    assert [row for row in after if after[row] != before[row]] == [seeded[0][0]]
    assert connection.execute('SELECT id, name FROM "Template" ORDER BY id').fetchall() == seeded


def test_a_template_that_was_taken_off_the_shelf_stays_off(connection: psycopg.Connection) -> None:
    _seed_templates(connection)
    connection.execute('UPDATE "Template" SET "isPublic" = false')
    _seed_templates(connection)
    assert connection.execute('SELECT FROM "Template" WHERE "isPublic"').fetchall() == []


def test_a_template_of_a_user_is_left_alone(connection: psycopg.Connection) -> None:
    template = insert(connection, "Template", userId=insert(connection, "User"), name="Instagram Story")
    _seed_templates(connection)
    found = connection.execute('SELECT "updatedAt" = "createdAt" FROM "Template" WHERE id = %s', [template])
    assert found.fetchone() == (True,)
