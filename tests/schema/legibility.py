"""How well text of a template stands out from what lies below it, at the worst of nine points of its frame.

A picture may have any colour once it is the user's: below one, both black and white are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.schema.geometry import box_of
from tests.schema.svg import color

Values = Mapping[str, Any]
Color = tuple[float, float, float]

BLACK: Color = (0, 0, 0)
WHITE: Color = (1, 1, 1)


def contrast(source: Values, below: Sequence[Values], layer: Values) -> float | None:
    """The least contrast of a layer with what is below it, from 1 to 21; None for what has nothing to read."""
    if layer["type"] not in {"text", "button", "logo"}:
        return None
    if layer["type"] == "logo":
        ink = color(source, {"onLight": "#000000", "onDark": "#ffffff"}[layer["variant"]])
    else:
        ink = color(source, layer["color"])
    grounds = {ground for x, y in box_of(layer["frame"]).points() for ground in _grounds(source, below, x, y)}
    if layer["type"] == "button":
        grounds = {_over(ground, color(source, layer["fill"])) for ground in grounds}
    return min(_ratio(_over(ground, ink), ground) for ground in grounds)


def _grounds(source: Values, below: Sequence[Values], x: float, y: float) -> set[Color]:
    """The colours that a point may have under the layers in `below`."""
    grounds = {_over(BLACK, color(source, source["canvas"]["background"]))}
    for layer in below:
        if layer["type"] == "image" and _reaches(layer, x, y):
            grounds = {BLACK, WHITE}
        elif layer["type"] == "shape" and _reaches(layer, x, y):
            grounds = {_over(ground, color(source, layer["fill"])) for ground in grounds}
    return grounds


def _reaches(layer: Values, x: float, y: float) -> bool:
    box = box_of(layer["frame"])
    if layer.get("kind") == "ellipse":
        across = (2 * x - box.left - box.right) / (box.right - box.left)
        down = (2 * y - box.top - box.bottom) / (box.bottom - box.top)
        return across**2 + down**2 <= 1
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _over(ground: Color, paint: str) -> Color:
    """A colour of #rrggbb or #rrggbbaa on a ground."""
    red, green, blue, alpha = (value / 255 for value in bytes.fromhex(f"{paint[1:]}ff")[:4])
    return tuple(alpha * top + (1 - alpha) * low for top, low in zip((red, green, blue), ground, strict=True))  # type: ignore[return-value]


def _ratio(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(shown: Color) -> float:
    """The relative luminance of WCAG 2.2."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shown)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
