"""`make psql`: the stack's URI becomes a login of psql, whose password is not on its command line."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.cluster import Cluster
from infra.program import connection_uri
from tests.servers import PASSWORD, ROOT
from tests.stack import tls

WHO = ("--no-psqlrc", "-Atc", "SELECT current_user")
SCHEMAS = ["creative flow", 'with"quote\\']
_SHOW = """#!/bin/sh
printf '%s\\n' "$PGPASSWORD" "$@"
"""


def psql(
    folder: Path, uri: str, *arguments: str, role: str = "app", fake: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the tool on a stack with `uri` for its roles, or on none; and where psql is `fake`, if that is given."""
    outputs = json.dumps({"adminDsn": uri, "appDsn": uri, "schemas": SCHEMAS})
    answer = f"printf %s {shlex.quote(outputs)}" if uri else "exit 1"
    programs = {"pulumi": f"#!/bin/sh\n{answer}\n", "psql": fake}
    for name, text in programs.items():
        if text is not None:
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, ROOT / "tools" / "psql.py", "dev", role, *arguments]
    given = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, env=given, cwd=folder, capture_output=True, text=True)


def uri(host: str, port: int, password: str = PASSWORD, **options: str) -> str:
    return connection_uri(host, port, "postgres", user="postgres", password=password, options=options)


def shown(folder: Path, uri: str, **environment: str) -> tuple[str, Mapping[str, object], list[str]]:
    """What a psql with TLS is given: the password, the login, and the user's own arguments."""
    password, login, *arguments = psql(folder, uri, "--list", fake=_SHOW, **environment).stdout.splitlines()
    return password, conninfo_to_dict(login), arguments


def test_it_logs_in(tmp_path: Path, server: Cluster) -> None:
    done = psql(tmp_path, uri("127.0.0.1", server.port, sslmode="disable"), *WHO)
    assert done.stdout == "postgres\n", done.stderr


def test_the_administrator_finds_the_tables_of_the_stack(tmp_path: Path, server: Cluster) -> None:
    there = uri("127.0.0.1", server.port, sslmode="disable")
    done = psql(tmp_path, there, "--no-psqlrc", "-Atc", "SHOW search_path", role="admin")
    assert done.stdout == '"creative flow", "with""quote\\", "public"\n', done.stderr


@pytest.mark.skipif(shutil.which("psql") is None, reason="to speak TLS takes a psql of this machine's own")
def test_it_trusts_whom_this_machine_trusts(tmp_path: Path, server: Cluster) -> None:
    """SSL_CERT_FILE names the certificates of this machine, as for every program that has OpenSSL."""
    with tls.speaking_tls(server.port) as port:
        there = uri("localhost", port, sslmode="verify-full", sslrootcert="system")
        done = psql(tmp_path, there, *WHO, SSL_CERT_FILE=str(tls.FOLDER / "ca.pem"))
        assert done.stdout == "postgres\n", done.stderr
        done = psql(tmp_path, there, *WHO, SSL_CERT_FILE=str(tls.FOLDER / "other-ca.pem"))
        assert "certificate verify failed" in done.stderr


@pytest.mark.parametrize("host", ["db.example.com", "::1"])
def test_the_password_is_in_the_environment_alone(tmp_path: Path, host: str) -> None:
    secret = "it's/a:p@ss\\word"
    password, login, arguments = shown(tmp_path, uri(host, 6432, secret, sslmode="require"))
    assert (password, arguments) == (secret, ["--list"])
    assert login == {"host": host, "port": "6432", "user": "postgres", "dbname": "postgres", "sslmode": "require"}


@pytest.mark.parametrize(("given", "told"), [("a ca.pem", "a ca.pem"), ("system", str(tls.FOLDER / "ca.pem"))])
def test_whom_to_trust_is_a_file_for_psql_of_every_age(tmp_path: Path, given: str, told: str) -> None:
    there = uri("db.example.com", 5432, sslmode="verify-full", sslrootcert=given)
    _, login, _ = shown(tmp_path, there, SSL_CERT_FILE=str(tls.FOLDER / "ca.pem"))
    assert login["sslrootcert"] == told


@pytest.mark.parametrize(("there", "role"), [("", "app"), ("postgresql://", "nobody")])
def test_a_stack_without_the_role_is_told_in_one_line(tmp_path: Path, there: str, role: str) -> None:
    done = psql(tmp_path, there, role=role)
    assert done.returncode == 1
    assert done.stderr == (
        f"psql: stack dev has no role {role}, or is not up: ROLE is admin, migrator, app, readonly, upkeep\n"
    )
