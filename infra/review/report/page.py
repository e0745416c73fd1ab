"""The report as one page that needs nothing else: no script, no font, no image, and a policy against all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from infra.catalog.difference import Difference
from infra.review.facts import Effect, Facts, ScriptFacts, SeedFacts
from infra.review.finding import Finding, Severity
from infra.review.report import summary
from infra.review.report.escape import in_html, word
from infra.review.report.model import picture
from infra.review.report.svg import draw
from infra.review.verdict import BLOCKS, verdict
from infra.review.words import duration

_CLASSES: dict[Severity, str] = {"will fail": "fail", "needs care": "care", "safe": "safe"}
_SIGNS = {"+": "new", "-": "gone", "~": "changed"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def to_html(facts: Facts, findings: Sequence[Finding], difference: Difference | None) -> str:
    """The page, with a line end."""
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    title = in_html(f"{facts.stack}: {verdict(findings)}")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>",
            *_top(facts, findings),
            *_catalog(facts, difference),
            *_scripts(facts.scripts),
            *_seeds(facts.seeds),
            *_privileges(facts),
            *_lint(facts),
            *_method(facts),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _top(facts: Facts, findings: Sequence[Finding]) -> Iterator[str]:
    judged = verdict(findings)
    yield f'<header class="{_CLASSES[judged]}"><div class="kicker">Review of the database of stack</div>'
    yield f"<h1>{in_html(facts.stack)}: <span>{judged}</span></h1>"
    yield f"<p>{in_html(summary.headline(facts, findings))}.</p></header>"
    if findings:
        yield '<ul class="findings">'
        yield from map(_finding, findings)
        yield "</ul>"


def _finding(finding: Finding) -> str:
    place = in_html(summary.place(finding.script, finding.line))
    where = f' <code class="where">{place}</code>' if place else ""
    instead = f'<p class="instead">Instead: {in_html(finding.instead)}</p>' if finding.instead else ""
    kind = _CLASSES[finding.severity]
    return f'<li class="{kind}"><b>{finding.severity}</b>{where}<p>{in_html(finding.why)}</p>{instead}</li>'


def _catalog(facts: Facts, difference: Difference | None) -> Iterator[str]:
    if not difference:
        return
    drawn = picture(difference)
    yield "<h2>What changes in the catalog</h2>"
    yield f'<div class="scroll picture">\n{draw(drawn)}\n</div>'
    more = f" {drawn.more} more tables refer to these or are referred to." if drawn.more else ""
    yield (
        '<p class="legend"><b>+</b> new, <b>~</b> changed, <b>&minus;</b> dropped; an arrow leads from a table'
        f" to the one that its foreign key refers to.{more}</p>"
    )
    yield from _lines(facts.difference)


def _lines(lines: Iterable[str]) -> Iterator[str]:
    yield '<div class="scroll" style="margin-top:14px"><div class="lines">'
    for line in lines:
        yield f'<div class="{_SIGNS.get(line[:1], "")}">{in_html(line)}</div>'
    yield "</div></div>"


def _scripts(scripts: Sequence[ScriptFacts]) -> Iterator[str]:
    if scripts:
        yield "<h2>What the scripts do</h2>"
    for script in scripts:
        yield f"<h3><code>{in_html(script.name)}</code> <span>{in_html(summary.about(script))}</span></h3>"
        yield '<div class="scroll"><table><thead><tr><th class="number">Line</th><th>Statement</th>'
        yield '<th>Locks that it takes</th><th>Reads or writes</th><th class="number">Time</th></tr></thead><tbody>'
        for one in script.statements:
            work = [*summary.work(one.effect), *summary.rows(one.effect.written)]
            note = "" if one.observed or not one.effect.locks else "<div>by the documentation</div>"
            yield (
                f'<tr><td class="number">{one.line}</td><td class="what"><code>{in_html(one.text)}</code></td>'
                f'<td class="held">{_held(one.effect)}{note}</td><td>{_divided(work)}</td>'
                f'<td class="number">{duration(one.seconds)}</td></tr>'
            )
        yield "</tbody></table></div>"
        yield from _failures(script)


def _failures(script: ScriptFacts) -> Iterator[str]:
    for failure, intro in ((script.failure, "Fails"), (script.of_rows, "With generated rows it failed")):
        if failure:
            end = "" if failure is script.failure else " The table shows how it ran without them."
            yield f"<p>{intro} in line {failure.line or '?'}: {in_html(failure.message)}.{end}</p>"


def _held(effect: Effect) -> str:
    blocking = sum(lock.mode in BLOCKS for lock in effect.locks)
    lines = summary.locks(effect)
    strong = "".join(f'<div class="strong">{in_html(line)}</div>' for line in lines[:blocking])
    return strong + _divided(lines[blocking:])


def _divided(lines: Iterable[str]) -> str:
    return "".join(f"<div>{in_html(line)}</div>" for line in lines)


def _seeds(seeds: Sequence[SeedFacts]) -> Iterator[str]:
    if not seeds:
        return
    yield '<h2>Seeds</h2>\n<ul class="plain">'
    for seed in seeds:
        wrote = "; ".join(summary.rows(seed.written)) or "writes nothing"
        if seed.reason == "changed" and seed.written:
            wrote += " (where its earlier rows are not)"
        said = f"fails, {seed.failure.message}" if seed.failure else wrote
        yield f"<li><code>{in_html(seed.name)}</code>, {seed.reason}: {in_html(said)}</li>"
    yield "</ul>"


def _privileges(facts: Facts) -> Iterator[str]:
    if facts.privileges:
        yield "<h2>Privileges that change</h2>"
        yield from _lines(map(summary.privilege, facts.privileges))


def _lint(facts: Facts) -> Iterator[str]:
    if not facts.lint:
        return
    yield '<h2>What squawk says of their text</h2>\n<ul class="plain">'
    for one in facts.lint:
        rule = f'<a href="https://squawkhq.com/docs/{word(one.rule)}" rel="noreferrer">{in_html(one.rule)}</a>'
        said = in_html(f"{one.message} {one.help}".strip())
        yield f"<li><code>{in_html(summary.place(one.script, one.line))}</code> {rule}: {said}</li>"
    yield "</ul>"


def _method(facts: Facts) -> Iterator[str]:
    yield '<h2>How this was reviewed</h2>\n<ul class="plain">'
    lines = [*summary.method(facts), *(f"Not checked: {line}." for line in facts.origin.unchecked)]
    yield from (f"<li>{in_html(line)}</li>" for line in lines)
    yield "</ul>"
