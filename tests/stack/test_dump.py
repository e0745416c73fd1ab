"""A backup of a database that `up` has made is that database: owners, privileges, secrets closed and all."""

from __future__ import annotations

import os
import subprocess
import urllib.parse

import psycopg

from infra.catalog.difference import Difference
from infra.catalog.read import read
from infra.programs import program
from tests.stack.project import Project


def run(name: str, *arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        [program(name), *arguments], env={"PATH": os.defpath}, input=given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_dump_restored_elsewhere_has_the_same_catalog(running: Project) -> None:
    here = running.outputs()["adminDsn"]
    elsewhere = urllib.parse.urlsplit(here)._replace(path="/elsewhere").geturl()
    with running.connect("admin") as connection:
        connection.execute("CREATE DATABASE elsewhere OWNER creativeflow_owner")
        try:
            run("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", elsewhere, given=run("pg_dump", here))
            with psycopg.connect(elsewhere) as restored:
                difference = Difference(read(connection, ["creativeflow"]), read(restored, ["creativeflow"]))
                rows = restored.execute('SELECT count(*) FROM creativeflow."Template"').fetchone()
        finally:
            connection.execute("DROP DATABASE elsewhere WITH (FORCE)")
    assert str(difference) == ""
    assert len(difference.before.objects) > 400
    assert rows is not None
    assert rows[0] > 10
