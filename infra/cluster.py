"""A PostgreSQL cluster on this machine: made, started, stopped and removed with PostgreSQL's own programs.

"Cluster" is PostgreSQL's term for a data directory and the server that manages it. There is no Pulumi in here, so that
tests and tools can have a server without an engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import programs
from infra.programs import Account, ClusterError, account_for, run

HOST = "127.0.0.1"
_OUTSIDE = Path("/var/lib/creativeflow")  # for data that the account of a server cannot reach in the project
_TIMEOUT = 60  # seconds that pg_ctl waits for a server to start or stop
_REAPED_SECONDS = 15  # where process 1 of a container never reaps, PostgreSQL's own error tells


@dataclass(frozen=True)
class Cluster:
    """A data directory under `folder`, and the server that manages it on 127.0.0.1 and `port`."""

    folder: Path
    port: int

    @property
    def place(self) -> Path:
        """Where the folder really is: elsewhere, and `folder` a link to it, if its account could not reach it."""
        return self.folder.resolve()

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def startup_log(self) -> Path:
        return self.place / "startup.log"

    @classmethod
    def found(cls, folder: Path) -> Cluster | None:
        """The cluster that was started under `folder` before, on the port that it had then."""
        try:
            options = (folder / "data" / "postmaster.opts").read_text()
        except OSError:
            return None
        return cls(folder, int(shlex.split(options)[-1]))

    def exists(self) -> bool:
        """Whether initdb has finished here: it runs in a folder of another name, which is then renamed."""
        return (self.data / "PG_VERSION").exists()

    def running(self) -> bool:
        """Whether this cluster's server listens on its port."""
        return _listening_port(self.data) == self.port and _answers(self.port)

    def init(self, superuser: str, password: str, settings: Mapping[str, str]) -> None:
        """Make the data directory: SCRAM for every connection, page checksums, UTF-8, `settings` in its configuration.

        The default locale is the builtin C.UTF-8: it sorts alike on every machine, and no upgrade of the operating
        system's libraries can break an index. Raises ClusterError where initdb fails; nothing is left behind then.
        """
        account = account_for(self.folder)
        self._make_folder(account)
        if self.exists():
            raise ClusterError(f"{self.data} is there already: move it away, or delete it if nothing in it is needed")
        unfinished = self.place / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = [f"--set={name}={value}" for name, value in settings.items()]
        try:
            run(
                self.program("initdb", account),
                *("--pgdata", str(unfinished), "--username", superuser, "--pwfile", "/dev/stdin"),
                *("--auth", "scram-sha-256", "--data-checksums", "--no-instructions"),
                *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
                *options,
                account=account,
                given=password,
            )
        except ClusterError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        unfinished.rename(self.data)

    def start(self) -> None:
        """Start the server, detached from this process, and wait until it answers. Does nothing where it runs already.

        Raises ClusterError: the port is taken, the disk is full, the data is gone or belongs to another major version,
        or what the server's log says.
        """
        self._check_data()
        if self.running():
            return
        _see_off(self.data)
        other = _listening_port(self.data)
        if other is not None and _answers(other):
            self.stop()  # it runs, on the port that it had before
        self._check_port()
        account = account_for(self.data)
        self.startup_log.unlink(missing_ok=True)
        try:
            run(
                self.program("pg_ctl", account),
                *("start", "--pgdata", str(self.data), "--log", str(self.startup_log), "--silent"),
                *("--wait", "--timeout", str(_TIMEOUT), "--options", f"-p {self.port}"),
                account=account,
            )
        except ClusterError as error:
            raise ClusterError(self._why_not_started(error)) from None

    def stop(self) -> None:
        """Stop the server, rolling back what is open. Does nothing where it does not run."""
        if not (self.data / "postmaster.pid").exists():
            return
        _see_off(self.data)
        account = account_for(self.data)
        pg_ctl = self.program("pg_ctl", account)
        status = programs.as_account(account, pg_ctl, "status", "--pgdata", str(self.data))
        if subprocess.run(status, env=programs.ENVIRONMENT, cwd="/", capture_output=True).returncode:
            return
        wait = ("--mode", "fast", "--wait", "--timeout", str(_TIMEOUT), "--silent")
        run(pg_ctl, "stop", "--pgdata", str(self.data), *wait, account=account)

    def remove(self) -> None:
        """Stop the server and delete its folder, the data in it too."""
        self.stop()
        place = self.place
        if place.exists():
            shutil.rmtree(place)
        self.folder.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it holds the data of another stack
            _OUTSIDE.rmdir()

    def program(self, name: str, account: Account | None) -> str:
        """The path of a program of PostgreSQL that `account` can run: of the wheel, or of a copy beside the data."""
        return programs.copied(name, self.place) if account and self.folder.is_symlink() else programs.program(name)

    def _make_folder(self, account: Account | None) -> None:
        if not self.place.exists():
            self.folder.unlink(missing_ok=True)  # a link to what is no more
        self.folder.mkdir(parents=True, exist_ok=True)
        if account and not self.folder.is_symlink() and not programs.reaches(account, self.folder):
            elsewhere = _OUTSIDE / hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
            elsewhere.mkdir(parents=True, exist_ok=True)
            _OUTSIDE.chmod(0o755)
            self.folder.rmdir()
            self.folder.symlink_to(elsewhere)
        if account:
            os.chown(self.place, account.uid, account.gid)
        self.place.chmod(0o700)

    def _check_data(self) -> None:
        if not self.exists():
            raise ClusterError(
                f"{self.data} is gone: put it back, or run `make down` and `make up` for a new server, which is empty"
            )
        have = (self.data / "PG_VERSION").read_text().strip()
        want = run(programs.program("postgres"), "--version", account=None).split()[-1].split(".")[0]
        if have != want:
            raise ClusterError(
                f"{self.data} belongs to PostgreSQL {have}, but this project runs PostgreSQL {want}: "
                f"dump the data with PostgreSQL {have} and restore it into a new stack, or move the folder away"
            )

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self.port))
            except OSError as error:
                raise ClusterError(
                    f"port {self.port} on {HOST} cannot be used ({error.strerror}): "
                    "end what listens there, or choose another with `pulumi config set postgresPort`"
                ) from None

    def _why_not_started(self, error: ClusterError) -> str:
        log = self.startup_log.read_text(errors="replace") if self.startup_log.exists() else ""
        fatal = [line for line in log.splitlines() if "FATAL" in line or "PANIC" in line]
        why = fatal[0].partition(":  ")[2] if fatal else str(error)
        return f"PostgreSQL did not start: {why} (the whole log is in {self.startup_log})"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _see_off(data: Path) -> None:
    """Wait until a server that was killed is gone from the table of processes, a few seconds where init is slow.

    Until then PostgreSQL takes it for a server that runs, will not start another, and waits in vain for it to stop.
    """
    process = _process(data)
    deadline = time.monotonic() + _REAPED_SECONDS
    while process is not None and _is_zombie(process) and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_zombie(process: int) -> bool:
    import psutil  # noqa: PLC0415 - only a server that was killed needs it

    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(process).status() == psutil.STATUS_ZOMBIE)
    return False


def _process(data: Path) -> int | None:
    """The process id in postmaster.pid, or None where there is none."""
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _listening_port(data: Path) -> int | None:
    """The port of the server that manages `data`, or None where none does.

    postmaster.pid outlives a server that was killed. Its first line is the server's process id and its fourth the port
    (PostgreSQL, src/include/utils/pidfile.h).
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        process, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it is there, and runs as another account
    return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(3)
        return probe.connect_ex((HOST, port)) == 0
