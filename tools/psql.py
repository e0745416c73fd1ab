"""Open psql as one of a stack's roles: `python tools/psql.py STACK ROLE [psql's arguments]`.

The password reaches psql by its environment: on its command line everyone on this machine could read it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.config import ROLES
from infra.connection import system_certificates
from infra.flyway.cli.jdbc import search_path_option
from infra.programs import program


def main(stack: str, role: str, *arguments: str) -> None:
    """Replace this process by psql. Exits with Pulumi's message where the stack has no such role, or is not up."""
    command = ["pulumi", "stack", "output", "--stack", stack, "--show-secrets", "--json"]
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    outputs = {} if asked.returncode else json.loads(asked.stdout)
    if f"{role}Dsn" not in outputs:
        sys.exit(f"psql: stack {stack} has no role {role}, or is not up: ROLE is {', '.join(('admin', *ROLES))}")
    login = conninfo_to_dict(outputs[f"{role}Dsn"])
    os.environ["PGPASSWORD"] = str(login.pop("password"))
    if role == "admin" and "schemas" in outputs:
        # That role is not of the stack's making, so no setting of its own says where the tables are.
        path = sql.SQL(", ").join(map(sql.Identifier, [*outputs["schemas"], "public"]))
        login["options"] = search_path_option(path.as_string())
    if login.get("sslrootcert") == "system":
        login["sslrootcert"] = system_certificates()  # a psql before 16 takes the word for a file's name
    # The wheel's psql is built without TLS.
    psql = program("psql") if login["sslmode"] == "disable" else shutil.which("psql")
    if psql is None:
        sys.exit("psql: this server speaks TLS, which needs a psql of your own: apt-get install postgresql-client")
    os.execv(psql, ["psql", make_conninfo(**login), *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
