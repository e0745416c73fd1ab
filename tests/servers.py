"""Real PostgreSQL servers for tests: on loopback, on a free port, and gone when the test run is, however it ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.cluster import Cluster, free_port

PASSWORD = "test-administrator"
# Not durable: made to be thrown away.
SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
ROOT = Path(__file__).parent.parent

# It reads until this process closes the pipe, which the operating system does for it also after kill -9.
_GUARD = """
import sys
from pathlib import Path
from infra.cluster import Cluster
sys.stdin.read()
Cluster(Path(sys.argv[1]), int(sys.argv[2])).remove()
"""


@contextlib.contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """A running cluster whose superuser is `postgres` with PASSWORD."""
    folder = Path(tempfile.mkdtemp(prefix="creativeflow-test-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "server", free_port())
    with guarded(cluster):
        cluster.init("postgres", PASSWORD, SETTINGS)
        cluster.start()
        yield cluster
    folder.rmdir()


@contextlib.contextmanager
def guarded(cluster: Cluster) -> Iterator[None]:
    """Remove `cluster` at the end of the block, or when this process dies."""
    command = [sys.executable, "-c", _GUARD, str(cluster.folder), str(cluster.port)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)
    try:
        yield
    finally:
        guard.communicate()
    if guard.returncode:
        raise RuntimeError(f"the server in {cluster.folder} could not be removed")
