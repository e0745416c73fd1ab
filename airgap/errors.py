"""The errors that a stand-in plugin shows to its user."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.provider.experimental.property_value import PropertyValue


class PluginError(Exception):
    """One line for the user: what was wrong, with which resource, what to do next. Never with a secret in it."""


class PartialFailure(PluginError):
    """The resource is there, but not as wanted. The engine records it, and tries again at the next update."""

    def __init__(self, message: str, identifier: str, properties: Mapping[str, PropertyValue]) -> None:
        super().__init__(message)
        self.identifier = identifier
        self.properties = properties
