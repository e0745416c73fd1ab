"""A PostgreSQL on a disk of a few megabytes, in memory, that can be made bigger while the server runs.

The disk is mounted in a mount namespace of one process, `unshare --mount python -m tests.faults.smalldisk`: when that
and the server have ended, however they end, the namespace and with it the disk are gone. The server is stopped when
standard input ends; a line on it makes the disk bigger.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.cluster import Cluster, free_port
from tests.servers import PASSWORD, ROOT, SETTINGS, guarded

SMALL, BIG = "size=96m", "size=256m"
_WAL = {"max_wal_size": "32MB", "min_wal_size": "32MB"}


@dataclass(frozen=True)
class SmallDisk:
    """A server on a small disk, by its port."""

    port: int
    process: subprocess.Popen[str]

    def grow(self) -> None:
        """Make the disk bigger, and start the server again where it has stopped."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("grow\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "bigger\n"


@contextlib.contextmanager
def server_on_a_small_disk() -> Iterator[SmallDisk]:
    """A running server whose superuser is `postgres` with PASSWORD. Takes root."""
    command = ["unshare", "--mount", "--propagation=private", sys.executable, "-m", "tests.faults.smalldisk"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            yield SmallDisk(int(process.stdout.readline()), process)
        finally:
            process.communicate(timeout=60)
    assert process.returncode == 0


def main() -> None:
    """Print the port, and obey what comes on standard input."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder) / "server", free_port())
        with guarded(cluster):
            cluster.init("postgres", PASSWORD, {**SETTINGS, **_WAL})
            _move_to_a_disk(cluster.data)
            cluster.start()
            print(cluster.port, flush=True)
            for _line in sys.stdin:
                _run("mount", "-o", f"remount,{BIG}", str(cluster.data))
                cluster.start()
                print("bigger", flush=True)
            cluster.stop()
            _run("umount", "--lazy", str(cluster.data))


def _move_to_a_disk(data: Path) -> None:
    """Mount a small disk at `data`, with what was there."""
    made = data.rename(data.with_name("made"))
    data.mkdir()
    _run("mount", "-t", "tmpfs", "-o", SMALL, "tmpfs", str(data))
    _run("cp", "--archive", f"{made}/.", str(data))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
