"""Boxes on a template's canvas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Box:
    """A box by its edges, in the unit of the canvas; y counts downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def points(self) -> list[tuple[float, float]]:
        """Nine points, from corner to corner."""
        across = (self.left, (self.left + self.right) / 2, self.right)
        down = (self.top, (self.top + self.bottom) / 2, self.bottom)
        return [(x, y) for x in across for y in down]


def box_of(frame: Mapping[str, float]) -> Box:
    """The smallest box around a frame as it is turned."""
    angle = math.radians(frame.get("rotation", 0))
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    width, height = frame["width"] * cos + frame["height"] * sin, frame["width"] * sin + frame["height"] * cos
    left, top = frame["x"] + (frame["width"] - width) / 2, frame["y"] + (frame["height"] - height) / 2
    return Box(left, top, left + width, top + height)


def canvas_of(source: Mapping[str, Any]) -> Box:
    return Box(0, 0, source["canvas"]["width"], source["canvas"]["height"])


def with_bleed(source: Mapping[str, Any]) -> Box:
    canvas, bleed = canvas_of(source), source["canvas"].get("bleed", 0)
    return Box(-bleed, -bleed, canvas.right + bleed, canvas.bottom + bleed)


def safe_area_of(source: Mapping[str, Any]) -> Box:
    canvas, inset = canvas_of(source), source.get("safeArea", {"top": 0, "right": 0, "bottom": 0, "left": 0})
    return Box(inset["left"], inset["top"], canvas.right - inset["right"], canvas.bottom - inset["bottom"])
