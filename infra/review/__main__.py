"""Review what a checkout would do to a stack's database: `python -m infra.review --stack prod`, or `make review`.

Ends with 0 where that is safe or needs care, with 1 where it will fail, and with 2 where there is no review. With
`--fail-on-care`, what needs care ends with 1 too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from infra.catalog.errors import CatalogError
from infra.flyway.errors import FlywayError
from infra.programs import ClusterError
from infra.review.change import compare, scan
from infra.review.errors import ReviewError
from infra.review.finding import Finding
from infra.review.past import find_past
from infra.review.report.as_json import to_json
from infra.review.report.markdown import to_markdown
from infra.review.report.page import to_html
from infra.review.review import Review, needs_server, new_server, review, without_server
from infra.review.rows.fill import MOST, Wanted
from infra.review.stacks import Known, read_stack, read_state
from infra.review.verdict import judge, verdict

FORMATS = {"markdown": ".md", "json": ".json", "html": ".html"}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Make the review, and write or print it. Returns how the process ends."""
    asked = _parser().parse_args(arguments)
    try:
        outputs = _outputs(asked.output, asked.format)
        made = _review(Path.cwd(), asked, environment)
        findings = judge(made.facts)
        for format_, path in outputs:
            _write(_text(format_, made, findings), path)
    except (ReviewError, ClusterError, FlywayError, CatalogError) as error:
        print(f"review: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except psycopg.Error as error:
        print(f"review: the throw-away server said: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    judged = verdict(findings)
    return int(judged == "will fail" or (judged == "needs care" and asked.fail_on_care))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.review", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stack", required=True, help="the stack whose database is reviewed, such as prod")
    parser.add_argument("--rows", type=_rows, default=1, help=f"rows to generate in tables touched, at most {MOST:,}")
    parser.add_argument("--statistics", type=Path, help="a JSON file with how many rows each table has")
    parser.add_argument("--format", choices=FORMATS, help="of what is printed; of a file, its suffix decides")
    parser.add_argument("--output", type=Path, action="append", help="a file .md, .json or .html; may be repeated")
    parser.add_argument("--fail-on-care", action="store_true", help="end with 1 where something needs care")
    return parser


def _rows(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if not 0 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"{text}: write a number from 0 to {MOST}")
    return number


def _outputs(paths: Sequence[Path] | None, format_: str | None) -> list[tuple[str, Path | None]]:
    """What to write where; None is standard output. Raises ReviewError for a suffix that names no format."""
    if not paths:
        return [(format_ or "markdown", None)]
    formats = {suffix: name for name, suffix in FORMATS.items()}
    found: list[tuple[str, Path | None]] = []
    for path in paths:
        name = format_ or formats.get(path.suffix)
        if name is None:
            raise ReviewError(f"{path}: name it .md, .json or .html, or write --format")
        found.append((name, path))
    return found


def _review(root: Path, asked: argparse.Namespace, environment: Mapping[str, str]) -> Review:
    stack = read_stack(asked.stack, root, environment)
    wanted = Wanted(asked.rows, _statistics(asked.statistics))
    found, troubles = scan(root, stack.settings)
    change = compare(root, stack, find_past(_known(asked.stack, root), stack.settings, found), found, troubles)
    if not needs_server(change):
        return without_server(change, wanted)
    with new_server() as server:
        return review(server, change, wanted)


def _known(stack: str, root: Path) -> Known:
    """What Pulumi knows of the stack, or why it does not tell."""
    try:
        return read_state(stack, root)
    except ReviewError as error:
        return Known(exists=True, why_no_login=str(error))


def _statistics(path: Path | None) -> dict[str, int] | None:
    """The rows of each table in a file. Raises ReviewError."""
    if path is None:
        return None
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): max(0, int(number)) for name, number in given.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ReviewError(f'{path}: cannot be read as {{"table": rows, …}}: {error}') from None


def _text(format_: str, made: Review, findings: Sequence[Finding]) -> str:
    if format_ == "json":
        return to_json(made.facts, findings)
    if format_ == "html":
        return to_html(made.facts, findings, made.difference)
    return to_markdown(made.facts, findings)


def _write(text: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"{path}: {error.strerror}: choose another file") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
