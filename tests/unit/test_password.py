"""Passwords as a resource, and the verifiers that PostgreSQL takes for them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster
from infra.resources.password import PasswordProvider, scram_verifier


def test_postgresql_takes_the_verifier_for_the_password(server: Cluster, admin: psycopg.Connection) -> None:
    verifier = scram_verifier("correct horse battery staple", b"sixteen bytes...")
    role = sql.Identifier("a role with a verifier")
    admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, verifier))
    try:
        login = {"host": "127.0.0.1", "port": server.port, "user": "a role with a verifier", "dbname": "postgres"}
        with psycopg.connect(**login, password="correct horse battery staple") as connection:
            assert connection.execute("SELECT session_user::text").fetchone() == ("a role with a verifier",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**login, password="wrong")
    finally:
        admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_password_is_generated_once_and_differs_from_the_next() -> None:
    provider = PasswordProvider()
    first, second = (provider.create({"scheme": "scram-sha-256"}).outs or {} for _ in range(2))
    assert len(first["value"]) >= 32
    assert first["value"] != second["value"]
    assert first["verifier"].startswith("SCRAM-SHA-256$4096:")


def test_a_given_password_replaces_the_one_before_and_stays_when_it_is_no_longer_given() -> None:
    provider = PasswordProvider()
    old = provider.create({"scheme": "scram-sha-256"}).outs or {}
    given = provider.update("id", old, {"scheme": "scram-sha-256", "given": "of-the-stack"}).outs or {}
    assert given["value"] == "of-the-stack"
    kept = provider.update("id", given, {"scheme": "scram-sha-256"}).outs or {}
    assert kept["value"] == "of-the-stack"


def test_the_hash_for_the_application_is_argon2id() -> None:
    outs = PasswordProvider().create({"scheme": "argon2id", "given": "a-password"}).outs or {}
    assert outs["verifier"].startswith("$argon2id$")
