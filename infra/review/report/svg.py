"""The picture of a catalog's difference as SVG: what was laid out, drawn. Colours are the page's (style.css).

It can be read without colour: a sign before each line, a word in each box that changed, dashes around what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.review.report.escape import in_html
from infra.review.report.layout import CHARACTER, HEAD, LINE, PADDING, Layout, Placed, lay_out, lines, shortened
from infra.review.report.model import Edge, Picture
from infra.review.report.summary import MINUS

_CLASSES = {"+": "new", "-": "gone", "~": "changed", "": "more"}
_ARROW = (
    '<marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9"'
    ' orient="auto"><path class="head" d="M0 0L8 4L0 8z"/></marker>'
)
_BEND, _CORNER = 42.0, 7
_WORDS = {"new": "new", "gone": "dropped", "changed": "changed", "neighbour": ""}


def draw(picture: Picture) -> str:
    """The picture as an SVG element."""
    laid = lay_out(picture)
    size = f"{laid.width:.0f} {laid.height:.0f}"
    width, height = size.split()
    label = "The changed tables, their neighbours, and the foreign keys between them"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" height="{height}"'
        f' role="img" aria-label="{label}">',
        f"<defs>{_ARROW}</defs>",
        *(_edge(edge, laid) for edge in picture.edges),
        *(part for one in laid.placed.values() for part in _box(one)),
        "</svg>",
    ]
    return "\n".join(parts)


def _edge(edge: Edge, laid: Layout) -> str:
    """A curve from a table to the one that it refers to; back around the right side where that does not lie right."""
    source, target = laid.placed[edge.source], laid.placed[edge.target]
    x1, y1 = source.x + source.width, source.y + HEAD / 2
    forward = target.x > source.x
    x2, y2 = (target.x if forward else target.x + target.width), target.y + HEAD / 2
    if edge.source == edge.target:
        y2 = y1 + LINE
    bend = x2 - _BEND if forward else max(x1, x2) + _BEND
    first = x1 + _BEND if forward else bend
    path = f"M{x1:.1f} {y1:.1f}C{first:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    said = {"+": "new: ", "-": "dropped: "}.get(edge.sign, "")
    title = in_html(f"{said}{edge.source} → {edge.target} ({edge.name})")
    kind = _CLASSES[edge.sign] if edge.sign else "same"
    return f'<path class="edge {kind}" d="{path}" marker-end="url(#to)"><title>{title}</title></path>'


def _box(one: Placed) -> Iterator[str]:
    box, left = one.box, one.x + PADDING
    yield f'<g class="box {box.status}">'
    frame = f'x="{one.x:.1f}" y="{one.y:.1f}" width="{one.width:.1f}" height="{one.height:.1f}" rx="{_CORNER}"'
    yield f'<rect class="frame" {frame}><title>{in_html(box.name)}</title></rect>'
    yield _text("name", left, one.y + HEAD / 2, shortened(box.name))
    if word := _WORDS[box.status]:
        yield _text("word", one.x + one.width - PADDING, one.y + HEAD / 2, word)
    if box.items:
        rule = one.y + HEAD
        yield f'<line class="rule" x1="{one.x:.1f}" y1="{rule:.1f}" x2="{one.x + one.width:.1f}" y2="{rule:.1f}"/>'
    full = [item.text for item in box.items]
    for index, (sign, text) in enumerate(lines(box)):
        y = one.y + HEAD + LINE * (index + 0.5) + PADDING / 2
        title = full[index] if sign else ""
        yield f'<g class="item {_CLASSES[sign]}"><title>{in_html(title)}</title>'
        yield _text("sign", left, y, sign.replace("-", MINUS))
        yield _text("what", left + 2 * CHARACTER, y, shortened(text)) + "</g>"
    yield "</g>"


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" dominant-baseline="central">{in_html(text)}</text>'
