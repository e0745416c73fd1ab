"""Dynamic resources: thin, stateless, one module each.

Pulumi runs them in a process of its own and stores each provider by reference, so that today's code serves yesterday's
state: a module here keeps its name for as long as a stack may hold one of its resources.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import sys
import threading
from collections.abc import Iterator

from pulumi import dynamic

from infra.connection import ConnectionFailed
from infra.flyway.cli.terminal import visible
from infra.flyway.errors import FlywayError
from infra.kubernetes.errors import KubernetesError
from infra.programs import ClusterError

# Python looks for garbage after every 700 new objects, and finds none in a catalog of thousands.
_OBJECTS_BETWEEN_COLLECTIONS = 100_000


class ResourceError(Exception):
    """Why a resource could not be made, changed, read or deleted: what the user reads, and all that they need."""


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Turn the errors that a user can mend into ResourceError, which reaches them without a traceback."""
    try:
        yield
    except (ClusterError, ConnectionFailed, FlywayError, KubernetesError) as error:
        raise ResourceError(_visible_lines(error)) from None
    except PermissionError as error:
        raise ResourceError(f"{error.filename}: {error.strerror}: run this as the user who made it") from None


def warn(what: object) -> None:
    """Show a warning: Pulumi puts a provider's standard error into its diagnostics."""
    print(f"warning: {_visible_lines(what)}", file=sys.stderr)


def _visible_lines(what: object) -> str:
    return "\n".join(map(visible, str(what).split("\n")))


def tell_applied(name: str, milliseconds: int) -> None:
    """Show a script or seed that was applied, likewise."""
    print(f"{visible(name)}: applied in {milliseconds / 1000:.2f} s", file=sys.stderr)


class Provider(dynamic.ResourceProvider):
    """What all providers here have in common: they are stored readable, since they hold nothing, by reference."""

    serialize_as_secret_always = False

    def configure(self, _request: dynamic.ConfigureRequest) -> None:
        """Load what migrations need, which takes as long as a whole preview of the rest, while others are at work."""
        threading.Thread(target=_load, daemon=True).start()


def _load() -> None:
    importlib.import_module("infra.flyway.commands.run")
    importlib.import_module("infra.drift.look")
    spare_collections()


def spare_collections() -> None:
    """Look for garbage seldom, and not in what is loaded, which stays."""
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def _needs_traceback(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ResourceError))


# gRPC's server logs a traceback of whatever a provider raises, and Pulumi shows the user what gRPC logs.
logging.getLogger("grpc._server").addFilter(_needs_traceback)
