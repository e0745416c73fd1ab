"""A server to rehearse on, shared by the tests of this run: of the kind that a review starts for itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.review.review import new_server
from infra.review.roles import Server


@pytest.fixture(scope="session")
def rehearsals() -> Iterator[Server]:
    """Each review makes a database with its roles here, and drops both."""
    with new_server() as server:
        yield server
