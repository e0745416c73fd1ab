"""What the program declares, on Pulumi's mocks.

The mocks record every resource, and each test looks at the record after the program has ended: an assertion inside an
`apply` that never runs would pass in silence.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pulumi
import pytest
from psycopg.conninfo import conninfo_to_dict
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc

from infra import program
from infra.settings import Settings, load
from tests.unit.test_settings import DEV, HASH


class Recorder(Mocks):
    """Answers like a provider would, and remembers what it was asked to make."""

    def __init__(self) -> None:
        self.made: dict[str, MockResourceArgs] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        assert args.name not in self.made, f"two resources are called {args.name}"
        self.made[args.name] = args
        outputs = {**args.inputs, "host": "127.0.0.1", "port": args.inputs.get("port") or 50000}
        if args.typ.endswith("Password"):
            outputs |= {"value": f"value of {args.name}", "verifier": f"verifier of {args.name}"}
        return args.name, outputs

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}")


def declare(**stack: str) -> dict[str, MockResourceArgs]:
    """Run the program with DEV and `stack` as its config, and return all that it declared by name."""
    recorder = Recorder()

    @pulumi.runtime.test
    def run() -> None:
        program.provision(settings(**stack))

    asyncio.set_event_loop(_loop())
    pulumi.runtime.set_mocks(recorder, project="creativeflow", stack="dev")
    run()
    asyncio.set_event_loop(None)
    assert recorder.made, "the program declared nothing"
    return recorder.made


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all: Pulumi's mocks give each of a loop's threads another one, which they do not close."""
    return asyncio.new_event_loop()


def settings(**stack: str) -> Settings:
    return load({**DEV, **stack}, set(stack), {})


def inputs(made: dict[str, MockResourceArgs], name: str) -> dict[str, Any]:
    """The inputs of a resource, without the mark of what is secret."""
    return {key: rpc.unwrap_rpc_secret(value) for key, value in made[name].inputs.items()}


def test_the_stack_is_a_server_roles_a_database_privileges_migrations_partitions_and_seeds() -> None:
    kinds = [args.typ.rpartition(":")[2] for args in declare().values()]
    assert {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)} == {
        "Password": 6,
        "EmbeddedServer": 1,
        "postgresql": 1,
        "Role": 5,
        "Database": 1,
        "Schema": 1,
        "Grant": 8,
        "DefaultPrivileges": 5,
        "Migrations": 1,
        "Partitions": 1,
        "Seeds": 1,
    }


def test_only_the_owner_cannot_log_in_and_only_the_migrator_acts_as_it() -> None:
    made = declare()
    roles = {name: inputs(made, f"role-{name}") for name in ("owner", "migrator", "app", "readonly", "upkeep")}
    assert {name: role["login"] for name, role in roles.items()} == {
        "owner": False,
        "migrator": True,
        "app": True,
        "readonly": True,
        "upkeep": True,
    }
    assert {name: role.get("assumeRole") for name, role in roles.items() if role.get("assumeRole")} == {
        "migrator": "creativeflow_owner"
    }
    assert [name for name, role in roles.items() if role.get("superuser") or role.get("createRole")] == []


def test_the_server_is_told_verifiers_and_no_password() -> None:
    made = declare()
    told = {name: inputs(made, f"role-{name}")["password"] for name in ("migrator", "app", "readonly", "upkeep")}
    assert told == {name: f"verifier of {name}-password" for name in told}


def test_a_password_of_the_stack_is_used_and_stays_secret() -> None:
    made = declare(appPassword="a-password-of-the-stack")
    given = made["app-password"].inputs["given"]
    assert rpc.is_rpc_secret(given)
    assert rpc.unwrap_rpc_secret(given) == "a-password-of-the-stack"
    assert "given" not in made["readonly-password"].inputs


def test_the_names_of_all_roles_begin_with_the_database() -> None:
    made = declare(postgresDb="other")
    assert {inputs(made, name)["name"] for name in made if name.startswith("role-")} == {
        *("other_owner", "other_migrator", "other_app", "other_readonly", "other_upkeep"),
    }
    assert inputs(made, "database")["owner"] == "other_owner"
    assert inputs(made, "migrations")["user"] == "other_migrator"


def test_every_schema_is_made_and_granted() -> None:
    made = declare(flywaySchemas="one,two")
    assert {inputs(made, name)["name"] for name in made if name.startswith("schema-")} == {"one", "two"}
    usage = {(args["schema"], args["role"]) for name in made if "-schema-" in name and (args := inputs(made, name))}
    assert {(schema, f"creativeflow_{role}") for schema in ("one", "two") for role in ("app", "readonly")} <= usage


@pytest.mark.parametrize(
    ("grant", "privileges"),
    [
        ("grant-public-database", []),
        ("grant-public-schema-public", []),
        ("default-public-function", []),
        ("grant-app-schema-creativeflow", ["USAGE"]),
        ("default-app-table-creativeflow", ["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ],
)
def test_privileges_are_listed_one_by_one(grant: str, privileges: list[str]) -> None:
    assert inputs(declare(), grant)["privileges"] == privileges


def test_what_readonly_reads_is_left_to_the_migrations() -> None:
    made = declare()
    assert inputs(made, "migrations")["reader"] == "creativeflow_readonly"
    assert [name for name in made if name.startswith("default-readonly-table")] == []


def test_the_months_ahead_are_the_stacks_own() -> None:
    assert inputs(declare(), "partitions")["months"] == 3
    assert inputs(declare(partitionMonths="12"), "partitions")["months"] == 12


def test_a_given_hash_makes_no_password_for_the_application() -> None:
    assert "application-admin-password" in declare()
    made = declare(adminPasswordHash=HASH)
    assert "application-admin-password" not in made
    assert inputs(made, "seeds")["adminPasswordHash"] == HASH
    assert rpc.is_rpc_secret(made["seeds"].inputs["adminPasswordHash"])


@pytest.mark.parametrize("host", ["db.example.com", "127.0.0.1", "::1", "fe80::1%eth0", "/run/postgresql"])
def test_libpq_reads_the_connection_uri_as_it_was_meant(host: str) -> None:
    options = {"sslrootcert": "/k l.pem"}
    uri = program.connection_uri(host, 6432, "a b/c", user="d:e@f", password="g%h+i?j", options=options)
    assert conninfo_to_dict(uri) == {
        **{"host": host, "port": "6432", "dbname": "a b/c", "user": "d:e@f", "password": "g%h+i?j"},
        **options,
    }
