"""A copy of this project in a folder of its own, with a state of its own, driven by the real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from infra.cluster import Cluster
from tests.servers import ROOT

VENV = Path(sys.executable).parent.parent
PASSPHRASE = "a-passphrase-for-tests"
_PARTS = ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "infra", "sql")


@dataclass(frozen=True)
class Project:
    """The copy in `folder`."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path) -> Project:
        """Copy what Pulumi runs into `folder`, which is made. The engine and the environment are this project's."""
        folder.mkdir(mode=0o755)
        for part in _PARTS:
            source = ROOT / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / part)  # type: ignore[operator]
        (folder / ".venv").symlink_to(VENV)
        (folder / "state").mkdir()
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}?metadata=skip",  # as tools/pulumi.sh has it
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "NO_COLOR": "1",
        }

    def pulumi(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command as a person without a terminal would."""
        return subprocess.run(
            [VENV / "bin" / "pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )

    def up(self, *options: str, stack: str = "dev", **environment: str) -> str:
        """What a successful `pulumi up` prints."""
        return self.succeed("up", "--yes", "--skip-preview", *options, "--stack", stack, **environment)

    def destroy(self, stack: str = "dev") -> str:
        """What a successful `pulumi destroy` prints."""
        return self.succeed("destroy", "--yes", "--skip-preview", "--stack", stack)

    def leftovers(self) -> list[str]:
        """What a destroyed stack has left running or lying about."""
        servers = [str(path) for path in (self.folder / ".local" / "postgres").glob("*")]
        commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
        return servers + [each for each in commands if str(self.folder) in each and "infra.cluster" not in each]

    def succeed(self, *arguments: str, **environment: str) -> str:
        """What a command prints that must succeed."""
        done = self.pulumi(*arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fail(self, *arguments: str, **environment: str) -> str:
        """What a command says that must fail: its error lines, without a traceback anywhere."""
        done = self.pulumi(*arguments, **environment)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "Traceback" not in said, said
        return said

    def outputs(self, stack: str = "dev") -> dict[str, Any]:
        printed = self.succeed("stack", "output", "--json", "--show-secrets", "--stack", stack)
        outputs: dict[str, Any] = json.loads(printed)
        return outputs

    def connect(self, role: str, stack: str = "dev") -> psycopg.Connection:
        """Log in as `admin`, `migrator`, `app` or `readonly`, in autocommit."""
        return psycopg.connect(self.outputs(stack)[f"{role}Dsn"], autocommit=True)

    def cluster(self, stack: str = "dev") -> Cluster:
        """The embedded server of a stack."""
        return Cluster(self.folder / ".local" / "postgres" / stack, int(self.outputs(stack)["port"]))

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.write_text(text)
        return file
