"""Builds Pulumi's engine for a machine that reaches package registries and nothing else: `python -m airgap.setup`.

The engine, which is the command-line tool too, is compiled from the Go module proxy. Its official plugins cannot be had
that way: this package's language host and its providers of PostgreSQL and Kubernetes stand in for them. What is made:

    DIR/engine/bin   pulumi, and beside it what runs programs and dynamic resources in Python
    DIR/pulumi-home  PULUMI_HOME, with the providers, so that the stand-ins never meet the official plugins
    DIR/go           what the build downloads; deleted once it has succeeded (about 3 GB)
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

from airgap import toolchain
from airgap.launcher import launcher, warm_launcher, write
from airgap.progress import SetupError, passed, step
from airgap.toolchain import Go

HERE = Path(__file__).parent
ROOT = HERE.parent
CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"

# The SDK's scripts that the official distribution has beside the engine: one runs a program, one dynamic resources.
EXECUTOR = "python/cmd/pulumi-language-python-exec"
DYNAMIC_PROVIDER = "python/dist/pulumi-resource-pulumi-python"

# The packages of this folder that stand in for the provider `pulumi-resource-NAME`.
PROVIDERS = ("postgresql", "kubernetes")

BUILD_FLAGS = ["-mod=readonly", "-modcacherw"]


def set_up(into: Path) -> None:
    """Make `into` hold the engine and its plugins, doing only what is not done yet.

    Raises:
        SetupError: a step failed. What was there before is untouched, and what was downloaded is kept.
    """
    into.mkdir(parents=True, exist_ok=True)
    with (into / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_built(into / "engine"):
            _build(into)
        write_launchers(into)


def write_launchers(into: Path) -> None:
    """Put the language host and the dynamic provider beside the engine, the other providers into PULUMI_HOME."""
    python = Path(sys.executable)
    executor = into / "engine/bin" / Path(EXECUTOR).name
    host = launcher(python, ROOT, "airgap.language_host", str(executor))
    write(into / "engine/bin/pulumi-language-python", host)
    for name in PROVIDERS:
        plugin = into / f"pulumi-home/plugins/resource-{name}-v{provider_version(name)}/pulumi-resource-{name}"
        ordinary = plugin.with_name("ordinary")
        write(ordinary, launcher(python, ROOT, f"airgap.{name}.plugin"))
        write(plugin, warm_launcher(python, ROOT, name, ordinary))
    dynamic = Path(DYNAMIC_PROVIDER).name
    write(into / "engine/bin" / dynamic, warm_launcher(python, ROOT, "dynamic", into / "engine" / dynamic))


def provider_version(name: str) -> str:
    """Return the version of the provider plugin that the Python SDK pulumi_NAME asks the engine for.

    Raises:
        SetupError: the SDK is not installed.
    """
    package = importlib.util.find_spec(f"pulumi_{name}")
    if package is None or package.origin is None:
        raise SetupError(f"pulumi_{name} is not installed; run `make setup`")
    plugin = json.loads(Path(package.origin).with_name("pulumi-plugin.json").read_text())
    return str(plugin["version"]).removeprefix("v")


def engine_version() -> str:
    """Return the version of Pulumi that go.mod requires, such as 3.259.0."""
    required = re.search(
        r"^require github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (HERE / "go.mod").read_text(), re.MULTILINE
    )
    assert required  # go.mod is ours
    return required[1]


def _source_digest() -> str:
    """What the engine is built from, in short. Moving the project's folder does not change it."""
    return hashlib.sha256((HERE / "go.mod").read_bytes() + (HERE / "go.sum").read_bytes()).hexdigest()


def _is_built(engine: Path) -> bool:
    stamp = engine / "source.sha256"
    return (
        stamp.is_file() and stamp.read_text() == _source_digest() and (engine / Path(DYNAMIC_PROVIDER).name).is_file()
    )


def _build(into: Path) -> None:
    caches = into / "go"
    go = _find_go(caches)
    environment = toolchain.environment(caches)
    packages = _download(go, environment)
    unfinished = into / "engine.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _compile(go, environment, packages, unfinished / "bin/pulumi")
    with step(4, "Installing"):
        _install(go, environment, unfinished, into / "engine")
        shutil.rmtree(caches, ignore_errors=True)


def _find_go(caches: Path) -> Go:
    go = toolchain.on_path()
    if go:
        passed(1, f"Go {go.version} from PATH")
        return go
    with step(1, "Installing Go, as there is no Go 1.26 on PATH"):
        return toolchain.install(caches / "toolchain")


def _download(go: Go, environment: dict[str, str]) -> int:
    """Download the modules, and return how many packages they hold that the engine is compiled from."""
    with step(2, "Downloading Go modules", "modules") as done:
        lines = toolchain.run(
            [go.command, "list", *BUILD_FLAGS, "-deps", CLI],
            folder=HERE,
            environment=environment,
            on_line=lambda line: done() if line.startswith("go: downloading") else None,
        )
    return sum(not line.startswith("go: ") for line in lines)


def _compile(go: Go, environment: dict[str, str], packages: int, target: Path) -> None:
    version = engine_version()
    link = f"-s -w -X {SDK}/go/common/version.Version=v{version}"
    # Without paths in its results, a build cache serves also another folder's build.
    command = [go.command, "build", *BUILD_FLAGS, "-v", "-trimpath", "-ldflags", link, "-o", str(target), CLI]
    title = f"Compiling the Pulumi CLI {version} (about 4 minutes, once)"
    with step(3, title, "packages", packages) as done:
        toolchain.run(
            command,
            folder=HERE,
            environment=environment,
            on_line=lambda line: done() if " " not in line else None,
        )


def _install(go: Go, environment: dict[str, str], unfinished: Path, engine: Path) -> None:
    """Complete the folder in which the engine was compiled, try the engine, and put the folder in its place."""
    where = [go.command, "list", *BUILD_FLAGS, "-m", "-f", "{{.Dir}}", SDK]
    sdk = toolchain.run(where, folder=HERE, environment=environment)[-1]
    for script, folder in ((EXECUTOR, unfinished / "bin"), (DYNAMIC_PROVIDER, unfinished)):
        copy = shutil.copyfile(Path(sdk, script), folder / Path(script).name)
        copy.chmod(0o755)
    said = toolchain.run([str(unfinished / "bin/pulumi"), "version"], environment={"PULUMI_SKIP_UPDATE_CHECK": "true"})
    if said != [f"v{engine_version()}"]:
        raise SetupError(f"the engine that was built says it is {' '.join(said)}, not v{engine_version()} as in go.mod")
    (unfinished / "source.sha256").write_text(_source_digest())
    shutil.rmtree(engine, ignore_errors=True)
    unfinished.rename(engine)


def main() -> None:
    """Set up, and say in one line what failed if something did."""
    parser = argparse.ArgumentParser(prog="python -m airgap.setup", description="Build Pulumi's engine from source.")
    parser.add_argument("--into", type=Path, default=ROOT / ".local", metavar="DIR", help="default: .local")
    into = parser.parse_args().into.absolute()
    try:
        set_up(into)
    except SetupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"set-up failed: {error.strerror}: {error.filename}; put that right and run this again")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the next set-up goes on from what is downloaded and compiled")


if __name__ == "__main__":
    main()
