"""No secret of a stack can be read in what Pulumi and the server keep or print."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.stack.project import VENV, Project


def forms(secret: str) -> set[str]:
    """A secret as it is, URL-encoded, and in base64 at each of the three places where it may begin in a group."""
    within = set()
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode()).decode().rstrip("=")
        # The first group holds what came before the secret, the last character may hold what follows.
        within.add(encoded[4 if shift else 0 : -1])
    return {secret, urllib.parse.quote(secret, safe=""), *within}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_no_secret_is_readable_in_state_history_outputs_and_logs(project: Project) -> None:
    given = {"appPassword": "given+by/the=stack", "postgresPassword": "the-administrator's-own"}
    for key, value in given.items():
        project.succeed("config", "set", "--stack", "dev", "--secret", f"creativeflow:{key}", value)
    printed = [project.up()]
    project.succeed("config", "set", "--stack", "dev", "--secret", "creativeflow:appPassword", "rotated-password")
    printed.append(project.up())
    outputs = project.outputs()
    secrets = {
        urllib.parse.unquote(str(urllib.parse.urlsplit(outputs[key]).password))
        for key in outputs
        if key.endswith("Dsn")
    }
    secrets |= {*given.values(), outputs["applicationAdminPassword"]}
    assert len(secrets) == 7
    with project.connect("admin") as connection:
        row = connection.execute('SELECT "passwordHash" FROM creativeflow."User"').fetchone()
        assert row is not None
        verifiers = {verifier for (verifier,) in connection.execute("SELECT rolpassword FROM pg_authid") if verifier}
    secrets |= {row[0], *verifiers}

    printed.append(project.succeed("stack", "output", "--stack", "dev"))
    printed.append(project.succeed("stack", "export", "--stack", "dev"))
    printed.append(project.succeed("preview", "--diff", "--stack", "dev"))
    looked_at = {f"output {number}": text for number, text in enumerate(printed)}
    kept = [*files(project.folder / "state"), *files(project.folder / ".local" / "postgres" / "dev" / "data" / "log")]
    kept += files(VENV.parent / ".local" / "pulumi-home" / "logs")  # of the engine's commands, encrypted
    kept += [project.folder / "Pulumi.dev.yaml", project.folder / ".local" / "postgres" / "dev" / "startup.log"]
    looked_at |= {str(path): path.read_text(errors="replace") for path in kept if path.exists()}
    assert len(looked_at) > 10

    found = [
        (place, kind) for place, text in looked_at.items() for kind in secrets if any(f in text for f in forms(kind))
    ]
    assert found == []


def test_the_search_finds_a_secret_in_each_of_its_forms() -> None:
    secret = "a+secret/of=some-length"
    texts = [secret, urllib.parse.quote(secret, safe="")]
    texts += [base64.b64encode(f"{'x' * shift}{secret}yz".encode()).decode() for shift in range(3)]
    assert [text for text in texts if not any(form in text for form in forms(secret))] == []


def test_a_rotated_password_works_and_the_one_before_does_not(project: Project) -> None:
    project.up()
    before = project.outputs()["appDsn"]
    project.succeed("config", "set", "--stack", "dev", "--secret", "creativeflow:appPassword", "rotated-password")
    project.succeed("config", "set", "--stack", "dev", "--secret", "creativeflow:postgresPassword", "rotated-admin")
    assert "applied in" not in project.up()
    after = project.outputs()
    assert "rotated-password" in after["appDsn"]
    assert "rotated-admin" in after["adminDsn"]
    for role in ("app", "admin"):
        project.connect(role).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(before)
