"""A PostgreSQL server to try something on: on loopback, on a free port, and gone afterwards, however this process ends.

A process of its own guards each server. It waits for the end of a pipe, which the operating system closes for us also
where this process is killed, and then removes the server with its data.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .cluster import Cluster, free_port
from .programs import ClusterError

DURABLE = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
"""As a server that is to be kept: every commit waits for the disk."""
SETTINGS = {**DURABLE, "fsync": "off"}
"""Not durable: made to be thrown away."""
_PROJECT = Path(__file__).parent.parent
_GUARD = """
import sys
from pathlib import Path
from infra.cluster import Cluster
sys.stdin.read()
Cluster(Path(sys.argv[1]), int(sys.argv[2])).remove()
"""


@contextlib.contextmanager
def throwaway_cluster(password: str, settings: Mapping[str, str] = SETTINGS) -> Iterator[Cluster]:
    """A running cluster in a temporary folder, with the superuser `postgres` and `password`, configured by `settings`.

    Raises ClusterError.
    """
    folder = Path(tempfile.mkdtemp(prefix="creativeflow-"))
    folder.chmod(0o755)  # where this is root, the server is another account, which has to get in
    cluster = Cluster(folder, free_port())
    with guarded(cluster):
        cluster.init("postgres", password, settings)
        cluster.start()
        yield cluster


@contextlib.contextmanager
def guarded(cluster: Cluster) -> Iterator[None]:
    """Remove `cluster` at the end of the block, or when this process dies. Raises ClusterError where that fails."""
    command = [sys.executable, "-c", _GUARD, str(cluster.folder), str(cluster.port)]
    # In a session of its own, it outlives a Ctrl-C too.
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=_PROJECT, start_new_session=True)
    try:
        yield
    finally:
        guard.communicate()
    if guard.returncode:
        raise ClusterError(f"the server in {cluster.folder} could not be removed: stop it, and delete the folder")
