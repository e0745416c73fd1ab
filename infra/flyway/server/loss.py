"""A connection that was lost, by the network or with the server, in the middle of a script."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.source import Source
from infra.flyway.server.session import said


def is_loss(error: psycopg.Error) -> bool:
    """Whether this is such a loss: libpq tells of it, without the SQLSTATE that the server's own words have."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate is None


def lost(sources: Sequence[Source], error: psycopg.Error) -> ScriptError:
    """The error for a connection that was lost while these scripts ran."""
    what = "the script" if len(sources) == 1 else f"the scripts up to {sources[-1].script}"
    problem = f"the connection was lost while {what} ran: {said(error)}; the next run will tell what was applied"
    return ScriptError(sources[0].script, None, None, problem)
