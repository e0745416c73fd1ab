"""Dynamic resources: thin, stateless, one module each.

Pulumi runs them in a process of its own and stores each provider by reference, so that today's code serves yesterday's
state: a module here keeps its name for as long as a stack may hold one of its resources.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from infra.cluster import ClusterError
from infra.connection import ConnectionFailed
from infra.flyway import FlywayError


class ResourceError(Exception):
    """Why a resource could not be made, changed, read or deleted: what the user reads, and all that they need."""


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Turn the errors that a user can mend into ResourceError, which reaches them without a traceback."""
    try:
        yield
    except (ClusterError, ConnectionFailed, FlywayError) as error:
        raise ResourceError(str(error)) from None


def _needs_traceback(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ResourceError))


# gRPC's server logs a traceback of whatever a provider raises, and Pulumi shows the user what gRPC logs.
logging.getLogger("grpc._server").addFilter(_needs_traceback)
