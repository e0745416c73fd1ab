"""Projects of tests: a new copy for a test, or one that is up already for all tests that only look at it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cluster import Cluster
from tests.servers import guarded
from tests.stack.project import Project


@contextlib.contextmanager
def new_project() -> Iterator[Project]:
    """A project that is removed afterwards, with the embedded servers of its stacks, however the test run ends."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-test-") as folder:
        Path(folder).chmod(0o755)
        project = Project.copy(Path(folder) / "a project")
        with contextlib.ExitStack() as servers:
            for stack in ("dev", "two"):
                servers.enter_context(guarded(Cluster(project.folder / ".local" / "postgres" / stack, 0)))
            yield project


@pytest.fixture
def project() -> Iterator[Project]:
    """A project whose stack `dev` exists and is empty."""
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        yield project


@pytest.fixture(scope="session")
def running() -> Iterator[Project]:
    """A project whose stack `dev` is up, for tests that change nothing."""
    with new_project() as project:
        project.succeed("stack", "init", "dev")
        project.up()
        yield project
