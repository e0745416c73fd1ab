"""`make audit`: what is known to be vulnerable among the packages of requirements.txt.

pip-audit asks PyPI itself, whatever index packages come from. Behind a mirror that has no such answers it skips every
package, and says "No known vulnerabilities found" with exit code 0. Here a package that nobody looked at is no good
news: 0 is all looked at and nothing known, 1 is a vulnerability, 2 is that something could not be looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
_OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--desc", "off", "--format", "json")


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit code and what to print for the `dependencies` of pip-audit's JSON."""
    known = [
        f"{package['name']} {package['version']}: {one['id']}: {_remedy(one['fix_versions'])}"
        for package in packages
        for one in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    lines = list(known)
    if skipped:
        lines.append(
            f"audit: {len(skipped)} of {len(packages)} packages could not be looked up at PyPI "
            f"({skipped[0]} is the first): run this where PyPI is reached directly"
        )
    if not lines:
        lines.append(f"audit: {len(packages)} packages, no known vulnerability")
    return (1 if known else 2 if skipped else 0), lines


def main(pip_audit: Path, requirements: Path = _REQUIREMENTS) -> int:
    """Run `pip_audit` on `requirements`, print the verdict, and return the exit code."""
    done = subprocess.run([pip_audit, *_OPTIONS, "-r", requirements], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"audit: pip-audit could not ask PyPI: {said}", file=sys.stderr)
        return 2
    code, lines = verdict(packages)
    print("\n".join(lines), file=sys.stderr if code else sys.stdout)
    return code


def _remedy(versions: list[str]) -> str:
    return (
        f"take {' or '.join(versions)} in requirements.in, then `make lock`" if versions else "no version mends it yet"
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.executable).parent / "pip-audit"))
