"""Operations side by side, connections, and how a login that fails is told."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from pulumi.provider.experimental.provider import CreateRequest, CreateResponse

from airgap.errors import PluginError
from airgap.postgresql.options import server
from airgap.postgresql.session import APPLICATION, Sessions
from tests.airgap.conftest import Names, Place, options_for
from tests.airgap.postgresql_engine import Engine, sent


def create_together(engine: Engine, resources: list[tuple[str, dict[str, Any]]]) -> list[CreateResponse]:
    """Create all of them at a time, as the engine does with resources that do not depend on each other."""
    requests = []
    for number, (kind, inputs) in enumerate(resources):
        urn = f"urn:pulumi:test::project::postgresql:index/{kind}::{number}"
        requests.append(CreateRequest(urn, engine.check(urn, inputs), 0, False))

    async def together() -> list[CreateResponse]:
        return await asyncio.gather(*map(engine.provider.create, requests))

    return asyncio.run(together())


def test_grants_on_one_object_at_a_time_do_not_disturb_each_other(place: Place, names: Names) -> None:
    roles = [names(str(number)) for number in range(12)]
    for role in roles:
        place.sql("CREATE ROLE {}", role)
    place.sql("CREATE SCHEMA s; CREATE TABLE s.t ()")
    here = {"database": place.database, "schema": "s"}
    wanted: list[tuple[str, dict[str, Any]]] = []
    for role in roles:
        wanted.append(("grant:Grant", {**here, "role": role, "objectType": "schema", "privileges": ["USAGE"]}))
        wanted.append(("grant:Grant", {**here, "role": role, "objectType": "table", "privileges": ["SELECT"]}))
        on_database = {"role": role, "database": place.database, "objectType": "database", "privileges": ["CONNECT"]}
        wanted.append(("grant:Grant", on_database))
        defaults = {**here, "role": role, "owner": "postgres", "objectType": "table", "privileges": ["SELECT"]}
        wanted.append(("defaultPrivileges:DefaultPrivileges", defaults))
    made = create_together(place.engine, wanted)
    assert len(made) == 48
    for role in roles:
        assert place.value(f"SELECT has_table_privilege('{role}', 's.t', 'SELECT')")
        assert place.value(f"SELECT has_schema_privilege('{role}', 's', 'USAGE')")


def test_an_administrators_memberships_at_a_time_do_not_disturb_each_other(place: Place, names: Names) -> None:
    place.sql("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD 'admin'", names("admin"))
    administrator = place.engine_as(username=names("admin"), password="admin", superuser="false")
    administrator.create("role:Role", "owner", name=names("owner"))
    administrator.create("database:Database", "db", name=names("db"), owner=names("owner"))
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("schema:Schema", {"name": f"s{number}", "database": names("db"), "owner": names("owner")})
        for number in range(12)
    ]
    wanted += [("database:Database", {"name": names(f"db{number}"), "owner": names("owner")}) for number in range(3)]
    assert len(create_together(administrator, wanted)) == 15
    query = f"SELECT count(*) FROM pg_auth_members WHERE pg_get_userbyid(member) = '{names('admin')}' AND set_option"
    assert place.value(query) == 0


def test_there_are_no_more_connections_at_a_time_than_allowed(place: Place) -> None:
    allowed = server(sent({name: str(value) for name, value in options_for(place.login).items()}))
    assert allowed is not None
    sessions = Sessions(replace(allowed, max_connections=2))
    most, lock = [], threading.Lock()

    def work() -> None:
        with sessions.open() as opened, lock:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
            most.append(opened.value(query, APPLICATION))
            time.sleep(0.02)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8
    assert max(most) <= 2


def test_no_connection_stays_open(place: Place, admin: psycopg.Connection) -> None:
    place.engine.create("schema:Schema", "s", name="s")
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    found = admin.execute(query, [place.database]).fetchone()
    assert found == (0,)


def refusal(engine: Engine) -> str:
    with pytest.raises(PluginError) as refused:
        engine.create("role:Role", "app", name="app")
    return str(refused.value)


def test_a_server_that_is_down_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        port = taken.getsockname()[1]
        started = time.monotonic()
        said = refusal(Engine.configured(host="127.0.0.1", port=port, password="never-shown", sslmode="disable"))
    assert time.monotonic() - started < 5
    assert said.startswith(f'cannot log in to 127.0.0.1:{port} as "postgres", database "postgres": connection failed:')
    assert said.endswith("start the server, or correct the provider's host and port")
    assert "\n" not in said
    assert "never-shown" not in said


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"password": "never-shown"}, "check the provider's username and password"),
        ({"database": "nowhere"}, "make it first, or correct its name"),
        ({"sslmode": "require"}, "set the provider's sslmode to `disable`, or turn TLS on in the server"),
        ({"host": "no.such.host.invalid"}, "no such host: correct the provider's host"),
    ],
)
def test_a_login_that_fails_says_why_and_what_to_do(place: Place, options: dict[str, str], advice: str) -> None:
    said = refusal(place.engine_as(**options))
    assert said.endswith(advice)
    assert "\n" not in said
    assert "never-shown" not in said


def test_a_server_that_does_not_answer_is_not_taken_for_an_object_that_is_gone(place: Place) -> None:
    schema = place.engine.create("schema:Schema", "s", name="s")
    with pytest.raises(PluginError, match="cannot log in"):
        place.engine_as(password="wrong").refresh(schema)
