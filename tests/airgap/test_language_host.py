"""The Python language host: the service that the engine calls, first called by hand, then by a real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

from airgap.launcher import launcher, write
from tests.airgap.engine import ROOT, Project

# In place of the script that runs a program: it writes down what it was given and does what the stack's config says.
EXECUTOR = """
import json, os, pathlib, signal, sys, time
config = json.loads(os.environ["PULUMI_CONFIG"])
if "stubborn" in config:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("printed by the program")
environment = dict(os.environ) | {"pid": os.getpid(), "cwd": os.getcwd()}
pathlib.Path("unfinished").write_text(json.dumps([sys.argv[1:], environment]))
os.rename("unfinished", "given.json")
time.sleep(float(config.get("sleep", 0)))
sys.exit(int(config.get("exit", 0)))
"""
ENGINE = "127.0.0.1:9"
EMPTY = empty_pb2.Empty()


@dataclass(frozen=True)
class Host:
    process: subprocess.Popen[str]
    calls: LanguageRuntimeStub
    folder: Path

    def info(self, **options: str) -> pb.ProgramInfo:
        info = pb.ProgramInfo(root_directory=str(self.folder), program_directory=str(self.folder), entry_point=".")
        info.options.update({"virtualenv": sys.prefix, **options})
        return info

    def request(self, config: dict[str, str], **options: str) -> pb.RunRequest:
        return pb.RunRequest(
            project="trial", stack="dev", pwd=str(self.folder), monitor_address="127.0.0.1:8", dryRun=True, parallel=7,
            config={"trial:key": "value", **config}, configSecretKeys=["trial:secret"], info=self.info(**options),
        )  # fmt: skip

    def given(self) -> tuple[list[str], dict[str, str]]:
        """The arguments and the environment that the program was given, once it runs."""
        wait_for((self.folder / "given.json").exists)
        arguments, environment = json.loads((self.folder / "given.json").read_text())
        return arguments, environment

    def stop(self) -> tuple[str, str]:
        """Interrupt the host as the engine does; all that it printed after its port."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.communicate(timeout=20)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host that was started as the engine starts it: in a process group of its own, with a pipe as input."""
    (tmp_path / "executor.py").write_text(EXECUTOR)
    script = tmp_path / "pulumi-language-python"
    write(script, launcher(Path(sys.executable), ROOT, "airgap.language_host", str(tmp_path / "executor.py")))
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [script, ENGINE], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, process_group=0,
        env={**os.environ, "PYTHONHOME": ""},
    )  # fmt: skip
    with process, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        yield Host(process, LanguageRuntimeStub(channel), tmp_path)
        process.kill()


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "waited 20 s in vain"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("0", pb.RunResponse()),
        ("1", pb.RunResponse(error="program exited with non-zero exit code: 1")),
        ("32", pb.RunResponse(bail=True)),  # the error has been shown
    ],
)
def test_the_programs_exit_status_becomes_the_answer(host: Host, status: str, answer: pb.RunResponse) -> None:
    assert host.calls.Run(host.request({"exit": status})) == answer


def test_the_program_is_given_its_arguments(host: Host) -> None:
    host.calls.Run(host.request({}))
    arguments, _ = host.given()
    folder = str(host.folder)
    assert arguments == [
        "--monitor", "127.0.0.1:8", "--engine", ENGINE, "--project", "trial", "--root_directory", folder,
        "--stack", "dev", "--pwd", folder, "--dry_run", "true", "--parallel", "7", ".",
    ]  # fmt: skip


def test_the_program_is_given_its_config_and_its_virtual_environment(host: Host) -> None:
    host.calls.Run(host.request({}))
    _, environment = host.given()
    assert json.loads(environment["PULUMI_CONFIG"]) == {"trial:key": "value"}
    assert json.loads(environment["PULUMI_CONFIG_SECRET_KEYS"]) == ["trial:secret"]
    assert environment["VIRTUAL_ENV"] == sys.prefix
    assert environment["PATH"].startswith(f"{sys.prefix}/bin:")
    assert "PYTHONHOME" not in environment
    assert environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH")


def test_what_the_program_prints_is_printed_by_the_host(host: Host) -> None:
    host.calls.Run(host.request({}))
    assert host.stop() == ("printed by the program\n", "")


def test_a_virtual_environment_that_is_not_there_names_the_command_that_makes_it(host: Host) -> None:
    answer = host.calls.Run(host.request({}, virtualenv="nowhere"))
    assert (
        answer.error
        == f"Pulumi.yaml: virtualenv: no bin/python in {host.folder}/nowhere; run `make setup` to create it"
    )


def test_a_runtime_option_that_it_does_not_know_is_refused(host: Host) -> None:
    answer = host.calls.Run(host.request({}, typechecker="mypy"))
    assert answer.error == "Pulumi.yaml: runtime option not supported here: typechecker; only `virtualenv` is"


def test_cancel_ends_the_program_without_a_word(host: Host) -> None:
    run = host.calls.Run.future(host.request({"sleep": "60"}))
    host.given()
    host.calls.Cancel(EMPTY)
    assert run.result(timeout=20) == pb.RunResponse(bail=True)
    assert host.stop() == ("printed by the program\n", "")


def test_a_program_that_will_not_end_is_killed(host: Host) -> None:
    run = host.calls.Run.future(host.request({"sleep": "60", "stubborn": "yes"}))
    host.given()
    host.calls.Cancel(EMPTY)
    assert run.result(timeout=20) == pb.RunResponse(bail=True)


def test_an_interrupt_ends_the_host_and_the_program_without_a_word(host: Host) -> None:
    run = host.calls.Run.future(host.request({"sleep": "60"}))
    _, environment = host.given()
    assert host.stop() == ("printed by the program\n", "")
    assert host.process.returncode == 0
    assert is_gone(int(environment["pid"]))
    assert run.result() == pb.RunResponse(bail=True)


def test_the_host_and_the_program_end_with_the_engine(host: Host) -> None:
    run = host.calls.Run.future(host.request({"sleep": "60"}))
    _, environment = host.given()
    host.process.stdin.close()  # as the operating system does when the engine dies
    assert host.process.wait(timeout=20) == 0
    assert is_gone(int(environment["pid"]))
    assert run.result() == pb.RunResponse(bail=True)


def test_about_tells_the_interpreter_and_the_packages(host: Host) -> None:
    about = host.calls.About(pb.AboutRequest(info=host.info()))
    assert (about.executable, about.version) == (f"{sys.prefix}/bin/python", sys.version.split()[0])
    request = pb.GetProgramDependenciesRequest(info=host.info(), transitiveDependencies=True)
    versions = {package.name: package.version for package in host.calls.GetProgramDependencies(request).dependencies}
    assert versions["pulumi"] == host.calls.GetPluginInfo(EMPTY).version


def test_installing_dependencies_is_left_to_make(host: Host) -> None:
    [answer] = host.calls.InstallDependencies(pb.InstallDependenciesRequest(info=host.info()))
    assert b"`make setup`" in answer.stdout


def test_a_call_that_it_does_not_know_is_unimplemented(host: Host) -> None:
    with pytest.raises(grpc.RpcError) as error:
        host.calls.Pack(pb.PackRequest())
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


DYNAMIC = """
import pulumi
from pulumi import dynamic
class Provider(dynamic.ResourceProvider):
    def create(self, inputs):
        return dynamic.CreateResult("made", inputs)
    def read(self, id_, outputs):
        return dynamic.ReadResult(id_, outputs)
class Thing(dynamic.Resource):
    size: pulumi.Output[int]
print("hello")
pulumi.export("size", Thing(Provider(), "thing", {"size": 3}).size)
"""


def test_the_engine_runs_a_program_with_a_dynamic_resource(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "a space and a 'quote'", DYNAMIC)
    _, up = project.pulumi("up", "--yes", "--skip-preview", check=True)
    assert "hello" in up
    assert "+ 2 created" in up
    assert project.pulumi("stack", "output", "size", check=True)[1].strip() == "3"
    project.pulumi("refresh", "--yes", "--skip-preview", check=True)
    assert "- 2 deleted" in project.pulumi("destroy", "--yes", "--skip-preview", check=True)[1]


def test_the_engine_shows_a_programs_error_once_and_nothing_of_the_host(tmp_path: Path) -> None:
    project = Project.create(tmp_path, "raise ValueError('no such ' + 'colour')\n")
    status, preview = project.pulumi("preview")
    assert status != 0
    _, diagnostics = preview.split("Diagnostics:")
    assert diagnostics.count("ValueError: no such colour") == 1
    assert "language_host" not in preview
    assert "non-zero exit code" not in preview


def test_interrupting_the_engine_shows_no_traceback(tmp_path: Path) -> None:
    program = "import time, pathlib\npathlib.Path('runs').touch()\ntime.sleep(60)\n"
    project = Project.create(tmp_path, program)
    preview = project.start("preview")
    wait_for((project.folder / "program/runs").exists)
    preview.send_signal(signal.SIGINT)
    output, _ = preview.communicate(timeout=30)
    assert preview.returncode != 0
    assert "Traceback" not in output
