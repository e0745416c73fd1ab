"""Open psql as one of a stack's roles: `python tools/psql.py STACK ROLE [psql's arguments]`.

The password reaches psql by its environment: on its command line everyone on this machine could read it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.parse

from infra.programs import program


def main(stack: str, role: str, *arguments: str) -> None:
    """Replace this process by psql. Exits with Pulumi's message where the stack has no such role, or is not up."""
    command = ["pulumi", "stack", "output", "--stack", stack, "--show-secrets", f"{role}Dsn"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if asked.returncode:
        sys.exit(f"psql: stack {stack} has no role {role}, or is not up: ROLE is admin, migrator, app or readonly")
    uri = urllib.parse.urlsplit(asked.stdout.strip())
    without_password = uri._replace(netloc=f"{uri.username}@{uri.hostname}:{uri.port}").geturl()
    os.environ["PGPASSWORD"] = urllib.parse.unquote(uri.password or "")
    # The wheel's psql is built without TLS.
    psql = program("psql") if "sslmode=disable" in uri.query else shutil.which("psql")
    if psql is None:
        sys.exit("psql: this server speaks TLS, which needs a psql of your own: apt-get install postgresql-client")
    os.execv(psql, ["psql", without_password, *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
