"""Where the boxes of a picture go: in lanes from left to right, so that references point to the right. Pure.

Sizes are in pixels of an SVG. Text is monospaced, so that its width is known without a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.review.report.model import Box, Edge, Picture

CHARACTER, LINE, PADDING, HEAD = 7.25, 19.0, 12.0, 30.0
LONGEST = 38  # characters of a line
MOST = 16  # lines of a box
GAP, LANE_GAP, MARGIN = 22.0, 72.0, 18.0
_NARROWEST = 150.0
_LANES, _MORE_LANES, _FEW = 3, 5, 14  # what fits a page without scrolling, and what a large picture may have


@dataclass(frozen=True)
class Placed:
    """A box with its place and its size."""

    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """All boxes, by name, and the size of the whole."""

    placed: Mapping[str, Placed]
    width: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Give each box a lane by what it refers to, and a place in the lane near what it is tied to."""
    lanes_at_most = _LANES if len(picture.boxes) <= _FEW else _MORE_LANES
    depth = {name: min(depth, lanes_at_most - 1) for name, depth in _depths(picture).items()}
    lanes: dict[int, list[Box]] = {}
    for box in picture.boxes:
        lanes.setdefault(depth[box.name], []).append(box)
    placed: dict[str, Placed] = {}
    x, height = MARGIN, 0.0
    for rank in sorted(lanes, reverse=True):
        boxes = sorted(lanes[rank], key=lambda box: _pull(box, picture.edges, placed))
        width = max(map(_width, boxes))
        y = MARGIN
        for box in boxes:
            placed[box.name] = Placed(box, x, y, width, _height(box))
            y += _height(box) + GAP
        height = max(height, y - GAP + MARGIN)
        x += width + LANE_GAP
    return Layout(_centred(placed, height), x - LANE_GAP + MARGIN, height)


def _depths(picture: Picture) -> dict[str, int]:
    """How many references lead on from each box at most. A cycle is cut where it closes."""
    targets: dict[str, set[str]] = {box.name: set() for box in picture.boxes}
    for edge in picture.edges:
        if edge.source != edge.target:
            targets[edge.source].add(edge.target)
    depths: dict[str, int] = {}

    def depth(name: str, above: frozenset[str]) -> int:
        if name not in depths:
            inner = [depth(other, above | {name}) for other in sorted(targets[name] - above - {name})]
            depths[name] = 1 + max(inner, default=-1)
        return depths[name]

    for box in picture.boxes:
        depth(box.name, frozenset())
    return depths


def _pull(box: Box, edges: Sequence[Edge], placed: Mapping[str, Placed]) -> tuple[float, str]:
    """The mean height of what is placed already and tied to a box."""
    tied = [placed[edge.source].middle for edge in edges if edge.target == box.name and edge.source in placed]
    return (sum(tied) / len(tied) if tied else 0.0), box.name


def _centred(placed: Mapping[str, Placed], height: float) -> dict[str, Placed]:
    """Each lane in the middle of the picture."""
    bottoms: dict[float, float] = {}
    for one in placed.values():
        bottoms[one.x] = max(bottoms.get(one.x, 0.0), one.y + one.height)
    return {
        name: Placed(one.box, one.x, one.y + (height - MARGIN - bottoms[one.x]) / 2, one.width, one.height)
        for name, one in placed.items()
    }


def lines(box: Box) -> list[tuple[str, str]]:
    """The signs and texts of a box, as many as there is room for."""
    shown = [(item.sign, item.text) for item in box.items[:MOST]]
    more = len(box.items) - MOST
    return [*shown, ("", f"… and {more} more")] if more > 0 else shown


def shortened(text: str, longest: int = LONGEST) -> str:
    """Text that fits into a box."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _width(box: Box) -> float:
    longest = max((min(len(text), LONGEST) + 2 for _, text in lines(box)), default=0)
    head = min(len(box.name), LONGEST) + (0 if box.status == "neighbour" else len(box.status) + 3)
    return max(_NARROWEST, 2 * PADDING + CHARACTER * max(longest, head))


def _height(box: Box) -> float:
    return HEAD + (LINE * len(lines(box)) + PADDING if box.items else 0.0)
