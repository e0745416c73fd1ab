"""Debian's Chromium, without a window, looks at a page."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--enable-logging=stderr", "--virtual-time-budget=2000"),
)
_SECONDS = 60
# A page may run no script of its own; one around it measures what the browser made of it.
_HARNESS = """<!doctype html><meta charset="utf-8"><body>
<iframe id="page" width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe><pre id="out"></pre>
<script>
document.getElementById("page").onload = () => {{
  const inside = document.getElementById("page").contentDocument, svg = inside.querySelector("svg");
  const edges_of = (b) => ({{x: b.x, y: b.y, right: b.x + b.width, bottom: b.y + b.height}});
  const box = (e) => edges_of(e.getBBox());
  const boxes = svg ? [...svg.querySelectorAll("g.box")].map((g) => ({{
    name: g.querySelector(".name").textContent, word: (g.querySelector(".word") || {{}}).textContent || "",
    frame: box(g.querySelector(".frame")), texts: [...g.querySelectorAll("text")].map(box),
  }})) : [];
  const edges = svg ? [...svg.querySelectorAll("path.edge")].map(box) : [];
  document.getElementById("out").textContent = JSON.stringify({{
    boxes, edges, view: svg ? svg.getAttribute("viewBox").split(" ").map(Number) : [],
    title: inside.title, heading: inside.querySelector("h1").textContent,
    wide: inside.documentElement.scrollWidth, room: inside.documentElement.clientWidth,
    background: getComputedStyle(inside.body).backgroundColor, text: inside.body.innerText,
  }});
}};
</script>"""


@dataclass(frozen=True)
class Browser:
    """A browser, and a folder for what it writes."""

    program: str
    folder: Path

    def run(self, url: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Open a page with a profile that is gone afterwards."""
        command = [self.program, *_QUIET, f"--user-data-dir={self.folder / 'profile'}", *options, url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
        assert done.returncode == 0, done.stderr
        return done

    def measure(self, page: str, width: int = 1280, *, dark: bool = False) -> dict[str, Any]:
        """Where everything of a page is, in a window of this width."""
        harness = self.folder / f"harness-{width}.html"
        harness.write_text(_HARNESS.format(page=html.escape(page, quote=True), width=width), encoding="utf-8")
        scheme = ("--blink-settings=preferredColorScheme=0",) if dark else ()
        dom = self.run(harness.as_uri(), "--dump-dom", *scheme).stdout
        found: dict[str, Any] = json.loads(html.unescape(dom.partition('<pre id="out">')[2].partition("</pre>")[0]))
        return found


def find_browser(folder: Path) -> Browser:
    """The browser of this machine. Where there is none the test is skipped, but for CI, where it fails."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        message = "there is no browser to look at the page with: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return Browser(program, folder)


def requests_of_the_page(log: Path) -> list[str]:
    """What a page asked the network for, by a log of --log-net-log. What the browser asks for itself has no origin."""
    events = [event.get("params", {}) for event in json.loads(log.read_text(encoding="utf-8"))["events"]]
    return [about["url"] for about in events if about.get("initiator", "not an origin") != "not an origin"]
