"""What can go wrong with a snapshot, in one line."""

from __future__ import annotations


class CatalogError(Exception):
    """A schema that is not there, or a stored snapshot that cannot be taken as one, and what to do about it."""
