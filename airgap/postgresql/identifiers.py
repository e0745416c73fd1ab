"""The identifiers that the engine keeps for resources: made and read as the official plugin does."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from airgap.errors import PluginError
from airgap.postgresql.values import Values


def database_and_name(identifier: str) -> Values:
    """What `database.name` stands for. Raises PluginError for another form."""
    database, _, name = identifier.partition(".")
    if not database or not name:
        raise PluginError(f"{identifier!r} is no identifier of the form database.name")
    return {"database": database, "name": name}


def in_terraform_order(names: Iterable[str]) -> list[str]:
    """`names` as Terraform orders a set of strings, which shows in identifiers: by the decimals of their CRC-32."""
    return sorted(set(names), key=lambda name: str(zlib.crc32(name.encode())))
