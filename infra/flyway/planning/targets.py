"""How far to migrate: `target`.

A version, which must exist unless a question mark follows; `latest`, `current` (only repeatables run), or `next` (one
script runs) (https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace/flyway-target-setting).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from infra.flyway.errors import FlywayError
from infra.flyway.version import Version, parse

_LATEST = ("latest", str(2**63 - 1))


class TargetError(FlywayError):
    """A target, or a baseline version, that is no version, or that no migration has; `target` is what it is."""

    def __init__(self, message: str, target: str, *, missing: bool) -> None:
        super().__init__(message)
        self.target, self.missing = target, missing


@dataclass(frozen=True)
class Target:
    """A target. Without anything, the latest version."""

    version: Version | None = None
    required: bool = False
    only_next: bool = False
    only_current: bool = False

    def settled(self, current: Version | None) -> Target:
        """The target where `current` is the version of the schema."""
        return replace(self, version=current) if self.only_current else self

    def excludes(self, version: Version) -> bool:
        """Whether a script of `version` is beyond the target."""
        if self.only_current and self.version is None:
            return True
        return self.version is not None and version > self.version

    def check(self, versions: Iterable[Version | None]) -> None:
        """Raise TargetError where the target has to exist, and is not among `versions`."""
        if self.required and self.version not in set(versions):
            message = f"no script has the version {self.version} of target: correct it, or write {self.version}?"
            raise TargetError(message, str(self.version), missing=True)


def read_baseline(text: str) -> Version:
    """Read a baseline version. Raises TargetError."""
    try:
        return parse(text)
    except ValueError as error:
        raise TargetError(f"baselineVersion: {error}", text, missing=False) from None


def read_target(text: str) -> Target:
    """Read a target. Raises TargetError."""
    word = text.removesuffix("?")
    if word.lower() in _LATEST:
        return Target()
    if word.lower() in ("next", "current"):
        return Target(only_next=word.lower() == "next", only_current=word.lower() == "current")
    try:
        return Target(parse(word), required=not text.endswith("?"))
    except ValueError as error:
        raise TargetError(f"target: {error}; or write latest, next or current", word, missing=False) from None
