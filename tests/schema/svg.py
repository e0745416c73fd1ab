"""The smallest renderer of a template, to prove that "sourceData" holds all that one needs: a page becomes an SVG.

It has no fonts: it takes every letter for as wide as those of a wide font, so that text which fits here fits in print.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

Values = Mapping[str, Any]

_ANCHORS = {"left": ("start", 0.0), "center": ("middle", 0.5), "right": ("end", 1.0)}
_VERTICAL = {"top": 0.0, "middle": 0.5, "bottom": 1.0}
_ASCENT = 0.8  # of a line's height in sizes of the font, above its baseline


def render(source: Values, page: Values) -> str:
    """The page as SVG: a group for each layer, whose id is the slot."""
    canvas = source["canvas"]
    bleed = canvas.get("bleed", 0)
    width, height = canvas["width"] + 2 * bleed, canvas["height"] + 2 * bleed
    unit = canvas["unit"]
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=f"{width}{unit}",
        height=f"{height}{unit}",
        viewBox=f"{-bleed} {-bleed} {width} {height}",
    )
    paper = {"x": -bleed, "y": -bleed, "width": width, "height": height}
    _rectangle(root, paper, color(source, canvas["background"]))
    for layer in page["layers"]:
        frame = layer["frame"]
        middle = f"{frame['x'] + frame['width'] / 2} {frame['y'] + frame['height'] / 2}"
        turn = f"rotate({frame.get('rotation', 0)} {middle})"
        _DRAW[layer["type"]](ET.SubElement(root, "g", id=layer["slot"], transform=turn), source, layer)
    return ET.tostring(root, encoding="unicode")


def color(source: Values, name: str) -> str:
    """The colour as #rrggbb or #rrggbbaa: a brand token is looked up in the template's palette."""
    token = name.removeprefix("brand.")
    return str(source["palette"][token]) if token != name else name


def lines(layer: Values) -> list[str]:
    """The text of a layer as it wraps in its frame."""
    widest = int(layer["frame"]["width"] / (_letter(layer["weight"]) * layer["size"]))
    wrapped = (
        textwrap.wrap(line, max(widest, 1), break_long_words=False) or [""] for line in layer["text"].split("\n")
    )
    return [line for paragraph in wrapped for line in paragraph]


def extent(layer: Values) -> tuple[float, float]:
    """The width and the height that the text of a layer takes."""
    wrapped = lines(layer)
    width = max(map(len, wrapped)) * _letter(layer["weight"]) * layer["size"]
    return width, len(wrapped) * layer.get("lineHeight", 1.2) * layer["size"]


def _letter(weight: int) -> float:
    """The width of an average letter in sizes of the font."""
    return 0.66 if weight >= 600 else 0.6


def _text(group: ET.Element, source: Values, layer: Values) -> None:
    frame, size = layer["frame"], layer["size"]
    anchor, share = _ANCHORS[layer.get("align", "center")]
    step = layer.get("lineHeight", 1.2) * size
    free = frame["height"] - extent(layer)[1]
    top = frame["y"] + free * _VERTICAL[layer.get("verticalAlign", "top")]
    for number, line in enumerate(lines(layer)):
        attributes = {
            "x": frame["x"] + share * frame["width"],
            "y": top + number * step + (step - size) / 2 + _ASCENT * size,
            "font-size": size,
            "font-weight": layer["weight"],
            "font-family": {"accent": "serif"}.get(layer["font"], "sans-serif"),
            "text-anchor": anchor,
            "fill": color(source, layer["color"]),
        }
        ET.SubElement(group, "text", {name: str(value) for name, value in attributes.items()}).text = line


def _image(group: ET.Element, source: Values, layer: Values) -> None:
    _rectangle(group, layer["frame"], color(source, layer["placeholder"]["fill"]), layer.get("radius", 0))
    ET.SubElement(group, "desc").text = f"{layer['fit']}: {layer['placeholder']['description']}"


def _shape(group: ET.Element, source: Values, layer: Values) -> None:
    frame = layer["frame"]
    if layer["kind"] == "rectangle":
        _rectangle(group, frame, color(source, layer["fill"]), layer.get("radius", 0))
        return
    rx, ry = frame["width"] / 2, frame["height"] / 2
    box = {"cx": frame["x"] + rx, "cy": frame["y"] + ry, "rx": rx, "ry": ry, "fill": color(source, layer["fill"])}
    ET.SubElement(group, "ellipse", {name: str(value) for name, value in box.items()})


def _logo(group: ET.Element, source: Values, layer: Values) -> None:
    """A disc as high as the frame, where the logo would stand."""
    frame = layer["frame"]
    side = min(frame["width"], frame["height"])
    x = frame["x"] + _ANCHORS[layer["align"]][1] * (frame["width"] - side)
    fill = {"onLight": "#000000", "onDark": "#ffffff"}[layer["variant"]]
    _rectangle(group, {"x": x, "y": frame["y"], "width": side, "height": side}, fill, side / 2)


def _button(group: ET.Element, source: Values, layer: Values) -> None:
    _rectangle(group, layer["frame"], color(source, layer["fill"]), layer.get("radius", 0))
    _text(group, source, {**layer, "verticalAlign": "middle"})


_DRAW = {"text": _text, "image": _image, "shape": _shape, "logo": _logo, "button": _button}


def _rectangle(parent: ET.Element, frame: Values, fill: str, radius: float = 0) -> None:
    box = {name: str(frame[name]) for name in ("x", "y", "width", "height")}
    ET.SubElement(parent, "rect", box, rx=str(radius), fill=fill)
