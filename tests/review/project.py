"""Pull requests to review: a small project that stands where its history says, and what is laid over it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.flyway.planning.plan import Situation
from infra.review.change import compare, scan
from infra.review.facts import Facts, Origin
from infra.review.finding import Finding
from infra.review.past import Past, rows_of
from infra.review.report.as_json import to_json
from infra.review.report.markdown import to_markdown
from infra.review.review import Review
from infra.review.review import review as make
from infra.review.roles import Server
from infra.review.rows.fill import Wanted
from infra.review.stacks import Stack
from infra.review.verdict import judge
from infra.seeds import scan_seeds
from tests.servers import ROOT

BASE = Path(__file__).parent / "base"
PULLS = Path(__file__).parent / "pulls"
STACK = Stack("prod")


def past_of(root: Path, stack: Stack = STACK) -> Past:
    """The past of a server on which all that is below `root` has run."""
    found, troubles = scan(root, stack.settings)
    assert not troubles
    rows = rows_of({script.script: str(script.plain_checksum) for script in found.scripts}, stack.settings)
    seeds = {seed.name: seed.checksum for seed in scan_seeds(root / "sql" / "seeds")}
    return Past(Origin("server", "the history of the live database"), Situation(rows, {"creativeflow": False}), seeds)


def with_history(root: Path, script: str) -> Path:
    """`root`, an empty folder, as the base project with one more script that has been applied."""
    shutil.copytree(BASE / "sql", root / "sql")
    (root / "sql" / "migrations" / "V004__More.sql").write_text(script, encoding="utf-8")
    return root


def review(
    server: Server,
    over: Path | Mapping[str, str],
    *,
    stack: Stack = STACK,
    past: Past | None = None,
    wanted: Wanted | None = None,
    base: Path = BASE,
) -> Review:
    """Review `base` with the files in `over`, or with scripts by their names, laid over it, as if it took no time."""
    return _timeless(timed_review(server, over, stack=stack, past=past, wanted=wanted, base=base))


def timed_review(
    server: Server,
    over: Path | Mapping[str, str],
    *,
    stack: Stack = STACK,
    past: Past | None = None,
    wanted: Wanted | None = None,
    base: Path = BASE,
) -> Review:
    """review(), with the time that it took on this machine."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-test-") as folder:
        root = Path(folder)
        shutil.copytree(base / "sql", root / "sql")
        shutil.copy(ROOT / "sql" / ".squawk.toml", root / "sql")
        if isinstance(over, Path):
            shutil.copytree(over / "sql", root / "sql", dirs_exist_ok=True)
        else:
            for name, text in over.items():
                (root / "sql" / "migrations" / name).write_text(text, encoding="utf-8")
        found, troubles = scan(root, stack.settings)
        change = compare(root, stack, past or past_of(base, stack), found, troubles)
        return make(server, change, wanted or Wanted())


def _timeless(made: Review) -> Review:
    """A review of the same, on a machine that takes no time: a slow one would find that a statement lasts."""
    scripts = tuple(
        replace(script, statements=tuple(replace(statement, seconds=0.0) for statement in script.statements))
        for script in made.facts.scripts
    )
    return replace(made, facts=replace(made.facts, scripts=scripts))


def facts(server: Server, sql: str, **options: Any) -> Facts:
    """What a review of one more script sees."""
    return review(server, {"V100__Change.sql": sql}, **options).facts


def found(server: Server, sql: str, **options: Any) -> dict[str, Finding]:
    """The findings on one more script, by their codes."""
    return {finding.code: finding for finding in judge(facts(server, sql, **options))}


def reports(made: Review) -> dict[str, str]:
    """The reports that stand beside a pull request."""
    findings = judge(made.facts)
    return {"report.md": to_markdown(made.facts, findings), "report.json": to_json(made.facts, findings)}
