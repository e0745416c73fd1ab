"""A network that fails: every case ends in a bounded time, in one line that says what, and the next run finishes.

A server that exists is expected to be up: `up` and the command tell within seconds that it is not, rather than wait.
Who wants to wait says so, with connectRetries, as in Flyway. FAULTS_LATE is how many seconds late a server comes up.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from airgap.postgresql import session
from airgap.postgresql.options import Server
from infra.cluster import free_port
from infra.connection import ConnectionFailed, Login
from infra.flyway.cli.jdbc import read_database
from infra.flyway.server.network import ALIVE, CONNECT_SECONDS
from tests.faults import proxies
from tests.faults.command import Command
from tests.faults.proxies import Serve, listener
from tests.servers import ROOT
from tests.stack.test_external import External

LATE = float(os.environ.get("FAULTS_LATE", "3"))
MARGIN = 15.0  # seconds for a machine that is busy
NO_POSTGRESQL = "what answers there is no PostgreSQL, or its server is not up: check host and port"


@pytest.mark.parametrize(
    ("serve", "why", "remedy"),
    [
        (proxies.silent, "connection timeout expired", "check that the server runs"),
        (proxies.hangs_up, "server closed the connection unexpectedly", NO_POSTGRESQL),
        (proxies.speaks_http, "received invalid response to SSL negotiation: H", NO_POSTGRESQL),
    ],
)
def test_who_answers_wrongly_is_told_in_one_line(command: Command, serve: Serve, why: str, remedy: str) -> None:
    command.write(V1__a="SELECT 1;")
    with listener(serve) as port:
        ended = command.run("migrate", port=port)
    assert why in ended.error()
    assert remedy in ended.error()
    assert ended.seconds < CONNECT_SECONDS + MARGIN


def test_a_login_that_drips_ends_in_time_and_names_the_network(command: Command) -> None:
    with listener(proxies.dripping(int(command.database["port"]), pause=0.1)) as port:
        login = Login("127.0.0.1", port, "postgres", "postgres", command.database["password"])
        started = time.monotonic()
        with pytest.raises(
            ConnectionFailed, match="the host does not answer: check postgresHost, postgresPort and the"
        ):
            login.connect()
        assert time.monotonic() - started < CONNECT_SECONDS + MARGIN


def test_a_slow_network_that_goes_on_is_no_failure(command: Command) -> None:
    command.write(V1__a="CREATE TABLE a (i int);")
    with listener(proxies.dripping(int(command.database["port"]), pause=0.0005)) as port:
        assert command.run("migrate", port=port).code == 0
    assert command.applied() == ["V1__a.sql"]


def test_a_name_that_resolves_to_nothing_is_told(command: Command) -> None:
    command.write(V1__a="SELECT 1;")
    ended = command.run("migrate", host="no-such-host.invalid")
    assert "failed to resolve host 'no-such-host.invalid'" in ended.error()
    assert ended.seconds < CONNECT_SECONDS + MARGIN


@pytest.mark.parametrize(
    ("script", "at"),
    [
        ("CREATE TABLE b (i int);\nSELECT 'cut';", b"SELECT 'cut'"),
        ("CREATE INDEX CONCURRENTLY b ON a (i);", b"CREATE INDEX CONCURRENTLY"),
        ("CREATE INDEX CONCURRENTLY cut ON a (i);", b"\0\0\0\x03cut"),  # when it looks whether there is one
        ("COPY a FROM stdin;\n1\n\\.\nCREATE TABLE b (i int);", b"COPY a"),
    ],
)
def test_what_a_reset_cut_off_in_mid_script_the_next_run_finishes(command: Command, script: str, at: bytes) -> None:
    command.write(V1__a="CREATE TABLE a (i int);", V2__b=script, V3__c="CREATE TABLE c (i int);")
    with listener(proxies.resetting(int(command.database["port"]), at)) as port:
        ended = command.run("migrate", port=port)
        lost = r"V2__b\.sql: the connection was lost while the scripts? (up to V3__c\.sql )?ran: "
        assert re.match(lost, ended.error())
        assert ended.error().endswith("; the next run will tell what was applied")
        assert command.run("migrate", port=port).code == 0
    assert command.applied() == ["V1__a.sql", "V2__b.sql", "V3__c.sql"]
    with psycopg.connect(**command.database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() == (0,)


def test_a_server_that_comes_up_late_is_not_waited_for_unless_one_says_so(command: Command) -> None:
    command.write(V1__a="CREATE TABLE a (i int);")
    port, done = free_port(), threading.Event()
    assert "Connection refused" in command.run("migrate", port=port).error()

    def come_up() -> None:
        time.sleep(LATE)
        with listener(proxies.dripping(int(command.database["port"]), pause=0), port):
            done.wait(60)

    server = threading.Thread(target=come_up)
    server.start()
    try:
        ended = command.run("migrate", "-connectRetries=60", "-connectRetriesInterval=1", port=port)
    finally:
        done.set()
        server.join()
    assert (ended.code, command.applied()) == (0, ["V1__a.sql"])
    assert LATE - 0.5 <= ended.seconds < LATE + MARGIN


@pytest.mark.skipif(os.geteuid() != 0, reason="to cut off a network of one's own takes root")
def test_a_network_that_goes_silent_in_mid_script_is_noticed() -> None:
    command = ["unshare", "--net", sys.executable, "-m", "tests.faults.silence"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "V1__a.sql: the connection was lost while the script ran" in done.stdout, done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_every_connection_notices_such_a_silence(command: Command) -> None:
    port = int(command.database["port"])
    login = Login("127.0.0.1", port, "postgres", "postgres", command.database["password"])
    parameters = {"url": f"jdbc:postgresql://127.0.0.1:{port}/postgres", "user": "postgres", "password": login.password}
    server = Server("127.0.0.1", port, "postgres", login.password, "postgres", "postgres", True, "disable", "", 5, 1)
    for connect in (login.connect, read_database(parameters).connect, lambda: session.connect(server, "postgres")):
        with connect() as connection:
            assert {
                name: str(value) for name, value in ALIVE.items()
            }.items() <= connection.info.get_parameters().items()


def test_an_up_that_is_cut_off_in_mid_script_is_finished_by_the_next(external: External) -> None:
    project = external.project
    project.write("sql/migrations/V003__Cut.sql", "CREATE TABLE cut (i int);\nSELECT 'cut here';\n")
    with listener(proxies.resetting(external.port, b"cut here")) as port:
        external.set(postgresPort=str(port))
        message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        # A slow server is sent each script by itself.
        assert re.search(r"the connection was lost while the script(s up to V003__Cut\.sql)? ran", message), message
        assert "V003__Cut.sql" in message
        project.up()
        assert project.outputs()["schemaVersion"] == "003"
        project.up("--expect-no-changes")
        project.destroy()
