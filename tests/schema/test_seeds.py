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


@pytest.mark.parametrize(("email", "password_hash"), [("nobody", HASH), (EMAIL, "s3cr3t-in-plain-text")])
def test_what_is_no_address_or_no_hash_stops_the_seed_without_a_word_about_it(
    connection: psycopg.Connection, email: str, password_hash: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="must be an address") as stop:
        _seed_administrator(connection, password_hash, email)
    assert password_hash not in f"{stop.value} {stop.value.diag.message_detail}"


def test_a_bcrypt_hash_will_do(connection: psycopg.Connection) -> None:
    _seed_administrator(connection, "$2b$12$one")
    assert _stored_hash(connection) == "$2b$12$one"


def test_settings_that_were_never_set_stop_the_seed(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="must be set"):
        execute(connection, ADMINISTRATOR)


def test_the_default_templates_are_public_and_of_the_system(connection: psycopg.Connection) -> None:
    _seed_templates(connection)
    found = connection.execute('SELECT name, "userId" IS NULL AND "isPublic", "previewUrl" FROM "Template"').fetchall()
    assert len(found) >= 14
    for name, of_the_system, preview in found:
        assert of_the_system, name
        assert preview == f"templates/previews/{name.lower().replace(' ', '-')}.png"


def test_the_ids_never_change(connection: psycopg.Connection) -> None:
    """Projects refer to them, in databases that were seeded by an older file."""
    _seed_templates(connection)
    found = connection.execute('SELECT id::text, name FROM "Template"').fetchall()
    assert dict(found) == {
        "86f1f04a-f446-45e5-83ac-a3594207b827": "Instagram Square Post",
        "ff5fdf25-569e-4113-bc64-df8ad80a8336": "Instagram Story",
        "a02849d0-36c9-4e3d-bf71-16aef5debfe2": "Facebook Cover",
        "15488619-4050-4345-8b0e-3265b69520dd": "LinkedIn Announcement",
        "49fb9b0d-9468-4d8a-8a85-c9fcd16487b1": "X Quote Card",
        "a0a11a98-a453-483a-b092-b4537fb8ae57": "TikTok Video Cover",
        "726604e5-40a3-4e07-98b7-8b23459181f5": "YouTube Thumbnail",
        "24458bc2-d93b-4539-b102-1421d5939eca": "Pinterest Pin",
        "859835d2-62d5-4320-809b-58d3d0a16d3d": "Sale Banner",
        "7325b942-6a9e-418a-b558-e63897c24e43": "Product Showcase",
        "ce1d9f32-8b0a-4b8e-9d53-5a3f6d0c7e41": "Event Flyer",
        "3b8f5c0e-6c43-4d0c-a1f7-2f0b9a64d8e2": "Party Invitation",
        "e94b6a17-0f5d-4c29-8c7e-71d2ab35f906": "Pitch Deck",
        "5d27c8f4-92ab-4e61-b0d8-c64f1e7a3b95": "Newsletter Header",
        "b7f0d3a2-4e18-4a97-9f2b-08c5d61e7a34": "Business Card",
        "1a6e9c58-d7b3-4f02-86a4-9be35c20f7d1": "Round Monogram Logo",
        "c2d84e7b-35f9-4b16-a7c0-e5103f9d62b8": "Half-Page Ad",
    }


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
    # Each row is written again, since its name differs.
    connection.execute('UPDATE "Template" SET "isPublic" = false, name = \'Changed by hand\'')
    _seed_templates(connection)
    assert connection.execute('SELECT FROM "Template" WHERE "isPublic"').fetchall() == []


def test_a_template_of_a_user_is_left_alone(connection: psycopg.Connection) -> None:
    template = insert(connection, "Template", userId=insert(connection, "User"), name="Instagram Story")
    _seed_templates(connection)
    found = connection.execute('SELECT "updatedAt" = "createdAt" FROM "Template" WHERE id = %s', [template])
    assert found.fetchone() == (True,)
