"""A copy of this project in a folder of its own, with a state of its own, driven by the real engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pulumi import automation

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
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
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

    def stack(self, name: str = "dev", config: dict[str, str] | None = None, **secrets: str) -> automation.Stack:
        """The stack, made where it does not exist, with more config than its file has."""
        workspace = automation.LocalWorkspace(
            work_dir=str(self.folder),
            env_vars=self.environment,
            pulumi_command=automation.PulumiCommand(root=str(VENV)),
        )
        stack = automation.create_or_select_stack(stack_name=name, work_dir=str(self.folder), opts=_options(workspace))
        for key, value in (config or {}).items():
            stack.set_config(key, automation.ConfigValue(value))
        for key, value in secrets.items():
            stack.set_config(key, automation.ConfigValue(value, secret=True))
        return stack

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.write_text(text)
        return file
