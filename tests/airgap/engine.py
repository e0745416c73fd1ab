"""The Pulumi engine that these tests run, and the plugins of this project started as the engine starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from airgap.launcher import launcher, write

ROOT = Path(__file__).parent.parent.parent
EXECUTOR = "pulumi-language-python-exec"


def engine_folder() -> Path:
    """The folder of the engine that set-up built; else of one on PATH, with what Pulumi ships beside it."""
    for folder in (ROOT / ".local/engine/bin", *map(Path, os.get_exec_path())):
        if (folder / "pulumi").is_file() and (folder / EXECUTOR).is_file():
            return folder
    pytest.fail("there is no Pulumi engine in .local/engine nor on PATH; run `make setup`")


@dataclass(frozen=True)
class Project:
    """A Pulumi project in a temporary folder, with a backend, a home and a language host of its own."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, program: str) -> Project:
        project = cls(folder)
        for name in ("program", "state", "bin"):
            (folder / name).mkdir(parents=True)
        options = f"options: {{virtualenv: {sys.prefix}}}"
        (folder / "program/Pulumi.yaml").write_text(f"name: trial\nruntime:\n  name: python\n  {options}\n")
        (folder / "program/__main__.py").write_text(program)
        host = launcher(Path(sys.executable), ROOT, "airgap.language_host", str(engine_folder() / EXECUTOR))
        write(folder / "bin/pulumi-language-python", host)
        project.pulumi("stack", "init", "dev", check=True)
        return project

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]]),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "trial",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        return subprocess.Popen(
            [engine_folder() / "pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder / "program",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *arguments: str, check: bool = False) -> tuple[int, str]:
        """Run a command to its end; its exit status and all that it printed."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        assert not check or process.returncode == 0, output
        return process.returncode, output
