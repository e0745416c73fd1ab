"""Runs Pulumi programs in Python for an engine that was built without its Python language host.

The engine starts this host beside itself, reads a port from its first line of output and calls the service
LanguageRuntime there. What the host hands to a program (arguments, environment, exit statuses) follows Pulumi's own
host, pulumi-language-python, as of version 3.259.0; calls that this project does not need answer UNIMPLEMENTED.
"""

from __future__ import annotations

import functools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from importlib import metadata
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer, add_LanguageRuntimeServicer_to_server

from airgap import standby

EXECUTOR = "pulumi-language-python-exec"
ERROR_WAS_SHOWN = 32  # exit status of the executor once it has reported the program's error to the engine itself
GRACE_SECONDS = 2.0  # for a program to end after SIGTERM; the engine kills this host after 5


class LanguageHostError(Exception):
    """The program cannot be run as Pulumi.yaml asks. The message is for the user."""


def virtualenv(info: pb.ProgramInfo) -> Path:
    """Return the folder of the virtual environment that the program runs in, from the runtime option `virtualenv`.

    A relative path counts from the folder of Pulumi.yaml. Without the option it is the host's own environment.

    Raises:
        LanguageHostError: the folder holds no Python, or Pulumi.yaml sets an option that this host does not know.
    """
    options = dict(info.options)
    folder = Path(info.root_directory, str(options.pop("virtualenv", sys.prefix)))
    if options:
        unknown = ", ".join(sorted(options))
        raise LanguageHostError(f"Pulumi.yaml: runtime option not supported here: {unknown}; only `virtualenv` is")
    if not (folder / "bin/python").is_file():
        raise LanguageHostError(f"Pulumi.yaml: virtualenv: no bin/python in {folder}; run `make setup` to create it")
    return folder


def arguments(request: pb.RunRequest, engine: str) -> list[str]:
    """Return the executor's arguments for a program. An option without a value is left out."""
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    flags = [part for name, value in options.items() if value for part in (f"--{name}", value)]
    return [*flags, request.info.entry_point, *request.args]


def environment(request: pb.RunRequest, folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the program's environment: the inherited one, with virtual environment activated and stack config."""
    result = {name: value for name, value in inherited.items() if name != "PYTHONHOME"}
    result["PATH"] = os.pathsep.join([str(folder / "bin"), *filter(None, [inherited.get("PATH")])])
    result["VIRTUAL_ENV"] = str(folder)
    if request.config:
        result["PULUMI_CONFIG"] = json.dumps(dict(request.config))
    result["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
    return result


class LanguageHost(LanguageRuntimeServicer):
    """The service LanguageRuntime for one engine.

    Args:
        engine: the engine's address, handed on to the program.
        executor: the script that sets up Pulumi's SDK and runs the program.
        warm_up: called when a program is about to start, and soon to need plugins.
    """

    def __init__(self, engine: str, executor: Path, warm_up: Callable[[], None]) -> None:
        self._engine = engine
        self._executor = executor
        self._warm_up = warm_up
        self._programs: set[subprocess.Popen[bytes]] = set()
        self._cancelled = threading.Event()

    def GetPluginInfo(self, _request: object, _context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Give the version of Pulumi's SDK as the host's own."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def About(self, request: pb.AboutRequest, context: grpc.ServicerContext) -> pb.AboutResponse:
        """Name the interpreter, for `pulumi about`."""
        folder = _virtualenv_or_abort(request.info, context)
        version = subprocess.check_output(
            [folder / "bin/python", "-c", "import platform as p; print(p.python_version())"]
        )
        return pb.AboutResponse(executable=str(folder / "bin/python"), version=version.decode().strip())

    def GetRequiredPackages(
        self, _request: pb.GetRequiredPackagesRequest, _context: grpc.ServicerContext
    ) -> pb.GetRequiredPackagesResponse:
        """Answer that the engine has no plugin to download: set-up has installed them."""
        return pb.GetRequiredPackagesResponse()

    def GetProgramDependencies(
        self, request: pb.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> pb.GetProgramDependenciesResponse:
        """List the packages of the program's virtual environment, for `pulumi about`."""
        folder = _virtualenv_or_abort(request.info, context)
        command = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "list", "--format=json"]
        if not request.transitiveDependencies:
            command.append("--not-required")
        packages = json.loads(subprocess.check_output(command))
        return pb.GetProgramDependenciesResponse(
            dependencies=[pb.DependencyInfo(name=package["name"], version=package["version"]) for package in packages]
        )

    def InstallDependencies(
        self, _request: pb.InstallDependenciesRequest, _context: grpc.ServicerContext
    ) -> Iterator[pb.InstallDependenciesResponse]:
        """Say what installs the program's packages: not this host, which has no lock file to go by."""
        yield pb.InstallDependenciesResponse(stdout=b"Nothing installed: `make setup` installs the Python packages.\n")

    def Run(self, request: pb.RunRequest, _context: grpc.ServicerContext) -> pb.RunResponse:
        """Run the program to its end. What it prints goes to the engine, which reads this host's output."""
        try:
            status = self._run(request)
        except LanguageHostError as error:
            return pb.RunResponse(error=str(error))
        if status == ERROR_WAS_SHOWN or self._cancelled.is_set():
            return pb.RunResponse(bail=True)
        if status < 0:
            return pb.RunResponse(error=f"program was ended by {signal.Signals(-status).name}")
        return pb.RunResponse(error=f"program exited with non-zero exit code: {status}" if status else "")

    def Cancel(self, request: object, _context: grpc.ServicerContext) -> object:
        """End the running program. The host itself ends when the engine interrupts it or goes away."""
        self.cancel()
        return request  # both are google.protobuf.Empty

    def cancel(self) -> None:
        """End the programs that run, by force if they take too long. One that starts later is ended at once."""
        self._cancelled.set()
        for program in tuple(self._programs):
            program.terminate()
            try:
                program.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()

    def _run(self, request: pb.RunRequest) -> int:
        if request.attach_debugger:
            raise LanguageHostError("--attach-debugger is not supported here; use Pulumi's own language host")
        folder = virtualenv(request.info)
        self._warm_up()
        program = subprocess.Popen(
            [folder / "bin/python", "-u", self._executor, *arguments(request, self._engine)],
            env=environment(request, folder, os.environ),
            stdin=subprocess.DEVNULL,
            # The engine interrupts its plugins' process groups; Python would print a traceback of KeyboardInterrupt.
            process_group=0,
        )
        self._programs.add(program)
        if self._cancelled.is_set():  # between the request and the line above
            program.terminate()
        try:
            return program.wait()
        finally:
            self._programs.discard(program)


def _virtualenv_or_abort(info: pb.ProgramInfo, context: grpc.ServicerContext) -> Path:
    try:
        return virtualenv(info)
    except LanguageHostError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise


def main(executor: str) -> None:
    """Serve the engine whose address is the last argument until it interrupts this host or goes away.

    Args:
        executor: path of pulumi-language-python-exec.
    """
    standby.fork(sys.argv[-1], functools.partial(_serve, executor))()


def _serve(executor: str, warm_up: Callable[[], None]) -> None:
    # A handler in Python would run late, or never: the signal may come to one of gRPC's threads while this one sleeps.
    signalled, wake_up = os.pipe()
    os.set_blocking(wake_up, False)
    signal.set_wakeup_fd(wake_up)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    host = LanguageHost(sys.argv[-1], Path(executor), warm_up)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=[("grpc.so_reuseport", 0)])
    add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    # Standard input is a pipe from the engine that carries nothing: its end is the engine's.
    select.select([signalled, sys.stdin.fileno()], [], [])
    host.cancel()
    server.stop(GRACE_SECONDS).wait()  # what is still under way may answer first
