"""Which states of which migrations validation ignores: `ignoreMigrationPatterns`.

A pattern is `<type>:<state>`, either may be `*` (https://documentation.red-gate.com/flyway/reference/configuration/
flyway-namespace/flyway-ignore-migration-patterns-setting).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.flyway.errors import ConfigurationError

_SETTING = "ignoreMigrationPatterns"
_TYPES = ("*", "repeatable", "versioned")
_STATES = ("*", "missing", "pending", "ignored", "future")


@dataclass(frozen=True)
class Pattern:
    """A pattern, in lower case."""

    type: str
    state: str

    def fits(self, versioned: bool, state: str) -> bool:
        """Whether it names a migration of that kind in that state (the name that `info` shows)."""
        kind = "versioned" if versioned else "repeatable"
        return self.state in ("*", state.lower()) and self.type in ("*", kind)


def read_patterns(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """Read patterns; a single empty one stands for none. Raises ConfigurationError for the first that is none."""
    texts = tuple(texts)
    return () if texts == ("",) else tuple(map(_read, texts))


def ignores_all(patterns: Iterable[Pattern], state: str) -> bool:
    """Whether versioned and repeatable migrations in that state are both ignored."""
    patterns = tuple(patterns)
    return all(any(pattern.fits(versioned, state) for pattern in patterns) for versioned in (True, False))


def _read(text: str) -> Pattern:
    parts = text.split(":")
    if len(parts) != 2:
        raise _wrong(f"{text!r} is no pattern: write <type>:<state>, such as *:missing")
    kind, state = (part.strip().lower() for part in parts)
    if kind not in _TYPES:
        raise _wrong(f"{parts[0]!r} is no type of migration: write one of {', '.join(_TYPES)}")
    if state not in _STATES:
        raise _wrong(f"{parts[1]!r} is no state to ignore: write one of {', '.join(_STATES)}")
    return Pattern(kind, state)


def _wrong(message: str) -> ConfigurationError:
    return ConfigurationError(f"{_SETTING}: {message}", _SETTING, "value")
