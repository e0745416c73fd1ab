"""The command stays small: a thousand scripts, or one with many megabytes of data, do not fill the memory."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.flyway.conftest import Project
from tests.servers import ROOT

MEBIBYTE = 1 << 20
LIMIT = 150 * MEBIBYTE
# Its own peak: what the system counts for a child begins with the memory of the process that started it.
PROGRAM = """
import atexit, pathlib, runpy, sys
atexit.register(lambda: print(pathlib.Path("/proc/self/status").read_text(), file=sys.stderr))
runpy.run_module("infra.flyway", run_name="__main__", alter_sys=True)
"""


def peak_of_migrate(project: Project) -> int:
    """The most memory, in bytes, that the command held at any time."""
    login = project.database
    settings = [
        f"-url=jdbc:postgresql://{login['host']}:{login['port']}/{login['dbname']}",
        *(f"-user={login['user']}", f"-password={login['password']}"),
        *(f"-locations=filesystem:{project.folder}", "-schemas=app"),
    ]
    command = [sys.executable, "-c", PROGRAM, "migrate", *settings]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (kibibytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", done.stderr, re.MULTILINE)
    return int(kibibytes) * 1024


def test_a_thousand_scripts_take_little_memory(project: Project) -> None:
    project.write(**{f"V{number}__Add": f"CREATE TABLE t{number} (id integer);" for number in range(1, 1001)})
    assert peak_of_migrate(project) < LIMIT
    assert len(project.tables()) == 1000


def test_a_copy_of_fifty_megabytes_is_in_memory_once(project: Project) -> None:
    rows = 50 * MEBIBYTE // 100
    with (project.folder / "V1__Fill.sql").open("w") as script:
        script.write("CREATE TABLE note (id integer, text text);\nCOPY note FROM stdin;\n")
        script.writelines(f"{number:07}\t{'😀' * 20}, a row\n" for number in range(rows))
        script.write("\\.\n")
    assert (project.folder / "V1__Fill.sql").stat().st_size > 50 * MEBIBYTE * 0.9
    assert peak_of_migrate(project) < LIMIT
    assert project.sql("SELECT count(*), min(length(text)) FROM app.note") == [(rows, 27)]
