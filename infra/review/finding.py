"""What a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["will fail", "needs care", "safe"]
ORDER: tuple[Severity, ...] = ("will fail", "needs care", "safe")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """Something to know before the merge. `code` is stable; `line` is that of the statement in the script."""

    severity: Severity
    code: str
    why: str
    instead: str = ""
    script: str = ""
    line: int | None = None
