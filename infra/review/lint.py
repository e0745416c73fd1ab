"""What squawk says of scripts: https://squawkhq.com/docs/rules. `make lint` runs it too, and there it decides."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.flyway.scripts.script import Script
from infra.review.errors import ReviewError
from infra.review.facts import Advice

_CONFIG = Path("sql") / ".squawk.toml"
_FOUND, _NOTHING = 1, 0  # how it ends


def lint(scripts: Sequence[Script], root: Path) -> tuple[Advice, ...]:
    """What squawk says of the scripts, by place. Raises ReviewError where it cannot run."""
    if not scripts:
        return ()
    names = {str(script.path.absolute()): script.script for script in scripts}
    squawk = Path(sys.executable).parent / "squawk"
    options = ("--config", str(root / _CONFIG)) if (root / _CONFIG).exists() else ()
    command = [str(squawk), *options, "--reporter", "json", *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ReviewError(f"there is no squawk beside {sys.executable}: run `make setup`") from None
    if done.returncode not in (_FOUND, _NOTHING) or not done.stdout.lstrip().startswith("["):
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise ReviewError(f"squawk ended with {done.returncode}: {said[-1]}")
    found = (_advice(entry, names) for entry in json.loads(done.stdout))
    return tuple(sorted(found))


def _advice(entry: dict[str, object], names: dict[str, str]) -> Advice:
    script = names.get(str(entry["file"]), str(entry["file"]))
    line = int(str(entry["line"])) + 1
    return Advice(script, line, str(entry["rule_name"]), str(entry["message"]), str(entry["help"] or ""))
