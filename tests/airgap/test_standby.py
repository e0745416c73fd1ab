"""Plugins from the language host's standby: launchers, hosts and plugins as real processes, and then a real engine."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from airgap.launcher import launcher, warm_launcher, write
from airgap.setup import DYNAMIC_PROVIDER, PROVIDERS
from airgap.standby_client import address
from tests.airgap.engine import ROOT, Project, engine_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is a standby on Linux only")

# A module beside the program, with a provider that tells what process it runs in.
PROBE = """
import json, os, signal, sys, __main__
from pulumi import dynamic
class Probe(dynamic.ResourceProvider):
    def create(self, inputs):
        print("from the plugin", file=sys.stderr)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        return dynamic.CreateResult("id", {"pid": os.getpid(), "tells": json.dumps({
            "environment": dict(os.environ), "folder": os.getcwd(), "arguments": sys.argv, "path": sys.path[0],
            "main": [__main__.__spec__.name, __main__.__file__],
            "interrupt": str(signal.getsignal(signal.SIGINT)), "input": os.readlink("/proc/self/fd/0")})})
"""
PROVIDER = base64.b64encode(b"cprobe\nProbe\n(tR.").decode()  # pickled: probe.Probe()
SHELLS = {"_", "PWD", "OLDPWD", "SHLVL"}


@dataclass(frozen=True)
class Plugin:
    process: subprocess.Popen[str]
    first_line: str

    def probe(self) -> dict[str, Any]:
        """What the plugin tells of itself."""
        with grpc.insecure_channel(f"127.0.0.1:{int(self.first_line)}") as channel:
            properties = struct_pb2.Struct()
            properties.update({"__provider": PROVIDER})
            made = ResourceProviderStub(channel).Create(pb.CreateRequest(urn="urn", properties=properties), timeout=20)
        told: dict[str, Any] = json_format.MessageToDict(made.properties)
        return told

    def signalled(self, number: signal.Signals) -> tuple[int, str]:
        """The exit status and the standard error after a signal as the engine sends it, whose pipes stay open."""
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=20)
        _, error = self.process.communicate(timeout=20)
        return self.process.returncode, error


@dataclass(frozen=True)
class Engine:
    """Starts plugins as the engine whose address it has; the program's folder is a temporary one."""

    folder: Path
    address: str
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the engine gives to all that it starts, which pytest would change from step to step."""
        return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}

    def start(self, script: Path, **environment: str) -> Plugin:
        pipe = subprocess.PIPE
        variables = {
            **self.environment,
            "PULUMI_PROJECT": "trial",
            "PULUMI_RUNTIME_VIRTUALENV": sys.prefix,
            **environment,
        }
        process = subprocess.Popen(
            [script, "--flag", self.address], cwd=self.folder, env=variables,
            stdin=pipe, stdout=pipe, stderr=pipe, text=True, process_group=0,
        )  # fmt: skip
        self.started.append(process)
        assert process.stdout
        return Plugin(process, process.stdout.readline())

    def warm(self, plugin: str = "dynamic", **environment: str) -> Plugin:
        ordinary, warm = self.folder / "an ordinary one", self.folder / "warm"
        write(ordinary, '#!/bin/sh\necho "ordinary $*"\n')
        write(warm, warm_launcher(Path(sys.executable), ROOT, plugin, ordinary))
        return self.start(warm, **environment)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "probe.py").write_text(PROBE)
    engine = Engine(tmp_path, f"test-{uuid.uuid4().hex}")
    yield engine
    for process in engine.started:
        with process, contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # Pulumi's own launcher is not alone in its group
    wait_for(lambda: not processes_of(tmp_path))


@pytest.fixture
def host(engine: Engine) -> Iterator[subprocess.Popen[str]]:
    """The engine's language host, which has a standby from the start."""
    script = engine.folder / "pulumi-language-python"
    write(script, launcher(Path(sys.executable), ROOT, "airgap.language_host", "executor"))
    pipe = subprocess.PIPE
    host = subprocess.Popen(
        [script, engine.address], stdin=pipe, stdout=pipe, text=True, process_group=0, cwd=engine.folder,
        env=engine.environment,
    )  # fmt: skip
    with host:
        assert host.stdout
        assert host.stdout.readline()
        yield host
        host.kill()


def processes_of(folder: Path) -> set[int]:
    """The processes that run in a folder, or were started with it in their environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink() == folder or str(folder).encode() in (process / "environ").read_bytes():
                found.add(int(process.name))
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "waited 20 s in vain"
        time.sleep(0.02)


def test_a_dynamic_provider_from_the_standby_is_what_pulumis_launcher_makes(
    engine: Engine, host: subprocess.Popen[str]
) -> None:
    pulumis = engine_folder().parent / Path(DYNAMIC_PROVIDER).name
    if not pulumis.is_file():
        pulumis = engine_folder() / pulumis.name
    said = []
    for plugin in (engine.warm(), engine.start(pulumis)):
        told = json.loads(plugin.probe()["tells"])
        told["environment"] = {name: told["environment"][name] for name in told["environment"].keys() - SHELLS}
        told["input"] = told["input"].partition(":")[0]
        said.append(told)
    assert said[0]["environment"]["PULUMI_PROJECT"] == "trial"
    assert said[0] == said[1]


def test_an_interrupt_ends_a_dynamic_provider_without_a_word(engine: Engine, host: subprocess.Popen[str]) -> None:
    plugin = engine.warm()
    plugin.probe()
    assert plugin.signalled(signal.SIGINT) == (0, "from the plugin\n")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_comes_from_the_standby_too(engine: Engine, host: subprocess.Popen[str], name: str) -> None:
    plugin = engine.warm(name)
    assert int(plugin.first_line) > 0
    assert plugin.signalled(signal.SIGINT) == (0, "")


def test_each_launcher_gets_a_plugin_of_its_own(engine: Engine, host: subprocess.Popen[str]) -> None:
    first, second = engine.warm(), engine.warm()
    assert first.probe()["pid"] != second.probe()["pid"]
    for plugin in (first, second):
        assert plugin.signalled(signal.SIGINT)[0] == 0


def test_the_launcher_ends_with_the_plugins_status(engine: Engine, host: subprocess.Popen[str]) -> None:
    plugin = engine.warm()
    os.kill(int(plugin.probe()["pid"]), signal.SIGKILL)
    plugin.process.communicate(timeout=20)
    assert plugin.process.returncode == 128 + signal.SIGKILL
    assert engine.warm().signalled(signal.SIGTERM) == (128 + signal.SIGTERM, "")


def test_a_plugin_outlives_the_language_host_but_not_its_launcher(engine: Engine, host: subprocess.Popen[str]) -> None:
    plugin = engine.warm()
    host.kill()
    host.wait()
    pid = int(plugin.probe()["pid"])
    assert pid in processes_of(engine.folder)
    plugin.process.kill()
    plugin.process.communicate(timeout=20)
    wait_for(lambda: pid not in processes_of(engine.folder))


@pytest.mark.parametrize("name", ["dynamic", *PROVIDERS])
def test_a_plugin_ends_with_the_engine(engine: Engine, host: subprocess.Popen[str], name: str) -> None:
    plugin = engine.warm(name)
    assert plugin.process.stdin
    plugin.process.stdin.close()  # as the operating system does when the engine dies
    plugin.process.wait(timeout=20)
    host.kill()
    host.wait()
    wait_for(lambda: not processes_of(engine.folder))


def test_a_signal_that_python_overlooks_ends_a_plugin_too(engine: Engine, request: pytest.FixtureRequest) -> None:
    """As where it comes just before a wait: the thread that is to see it sleeps, since another one got the signal."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the host and its plugins inherit
    try:
        request.getfixturevalue("host")
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    plugin = engine.warm()
    plugin.probe()  # from now on the thread that has served this takes the signal
    assert plugin.process.stdin
    plugin.process.stdin.close()
    assert plugin.process.wait(timeout=20) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_standby_that_nobody_asks_ends_with_the_language_host(
    engine: Engine, host: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert len(processes_of(engine.folder)) == 2
    os.killpg(host.pid, number)
    assert host.communicate(timeout=20) == ("", None)
    wait_for(lambda: not processes_of(engine.folder))


def test_without_a_standby_the_plugin_starts_in_the_ordinary_way(engine: Engine) -> None:
    plugin = engine.warm()
    assert plugin.first_line == f"ordinary --flag {engine.address}\n"
    assert plugin.process.communicate(timeout=20) == ("", "")
    assert plugin.process.returncode == 0


@pytest.mark.parametrize(
    "differing",
    [
        {"GRPC_VERBOSITY": "info"},  # read when gRPC is imported
        {"PYTHONHOME": "/"},
        {"PULUMI_RUNTIME_VIRTUALENV": ""},
        {"PULUMI_RUNTIME_VIRTUALENV": "nowhere"},
        {"PULUMI_RUNTIME_VIRTUALENV": "/usr"},
    ],
)
def test_a_launcher_that_wants_another_python_starts_it(
    engine: Engine, host: subprocess.Popen[str], differing: dict[str, str]
) -> None:
    plugin = engine.warm(**differing)
    assert plugin.first_line.startswith("ordinary")
    plugin.process.communicate(timeout=20)


def test_a_standby_that_does_not_answer_is_given_up(engine: Engine) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(address(engine.address))
        silent.listen()
        plugin = engine.warm()
        assert plugin.first_line.startswith("ordinary")
        plugin.process.communicate(timeout=20)


@pytest.mark.skipif(os.getuid() != 0, reason="takes root, to be two users")
def test_another_users_socket_is_given_nothing(engine: Engine) -> None:
    squat = f"""
import os, socket
os.setuid(65534)
squatter = socket.socket(socket.AF_UNIX)
squatter.bind({address(engine.address)!r})
squatter.listen()
print(flush=True)
connection, _ = squatter.accept()
print(connection.recv(1))
"""
    with subprocess.Popen([sys.executable, "-c", squat], stdout=subprocess.PIPE, text=True) as squatter:
        assert squatter.stdout
        squatter.stdout.readline()
        plugin = engine.warm()
        assert plugin.first_line.startswith("ordinary")
        assert squatter.communicate(timeout=20)[0] == "b''\n"
        plugin.process.communicate(timeout=20)


PROGRAM = """
import pathlib, pulumi, time
from pulumi import dynamic
class Provider(dynamic.ResourceProvider):
    def create(self, inputs):
        return dynamic.CreateResult("made", {"command": open("/proc/self/cmdline").read().replace("\\0", " ")})
class Thing(dynamic.Resource):
    command: pulumi.Output[str]
def wait(command):
    pathlib.Path("made").touch()
    time.sleep(SECONDS)
    return command
pulumi.export("command", Thing(Provider(), "thing", {"command": None}).command.apply(wait))
"""


def project(folder: Path, seconds: int) -> Project:
    """A project whose dynamic provider is started by the launcher under test."""
    made = Project.create(folder, PROGRAM.replace("SECONDS", str(seconds)))
    ordinary = Path("/bin/false")
    launch = warm_launcher(Path(sys.executable), ROOT, "dynamic", ordinary)
    write(made.folder / "bin/pulumi-resource-pulumi-python", launch)
    return made


def test_the_engine_gets_its_dynamic_provider_from_the_standby_and_nothing_is_left(tmp_path: Path) -> None:
    trial = project(tmp_path, seconds=0)
    trial.pulumi("up", "--yes", "--skip-preview", check=True)
    assert not processes_of(tmp_path)
    assert "airgap.language_host" in trial.pulumi("stack", "output", "command", check=True)[1]


def test_nothing_is_left_of_an_engine_that_was_killed(tmp_path: Path) -> None:
    trial = project(tmp_path, seconds=60)
    up = trial.start("up", "--yes", "--skip-preview")
    wait_for((trial.folder / "program/made").exists)
    up.kill()
    up.communicate(timeout=20)
    wait_for(lambda: not processes_of(tmp_path))
