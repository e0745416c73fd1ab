"""The resource types of this plugin. Importing it imports psycopg, which takes longer than all else here."""

from __future__ import annotations

from airgap.errors import PluginError
from airgap.postgresql.database import DATABASE
from airgap.postgresql.default_privileges import DEFAULT_PRIVILEGES
from airgap.postgresql.extension import EXTENSION
from airgap.postgresql.grant import GRANT
from airgap.postgresql.grant_role import GRANT_ROLE
from airgap.postgresql.role import ROLE
from airgap.postgresql.schema import SCHEMA
from airgap.postgresql.table import ResourceType

TYPES = (ROLE, DATABASE, SCHEMA, GRANT, GRANT_ROLE, DEFAULT_PRIVILEGES, EXTENSION)
_BY_TOKEN = {each.token: each for each in TYPES}


def resource_type(token: str) -> ResourceType:
    """The type of this token. Raises PluginError."""
    try:
        return _BY_TOKEN[token]
    except KeyError:
        labels = ", ".join(each.label for each in TYPES)
        raise PluginError(
            f"{token} is not supported by the airgap stand-in, which has {labels}; use the official plugin"
        ) from None
