"""What the annotation pulumi.com/waitFor asks to wait for.

https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/ and
https://github.com/pulumi/pulumi-kubernetes/blob/v4.32.0/provider/pkg/metadata/overrides.go: a condition, or a JSONPath
with or without a value, or a JSON list of these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from airgap.errors import PluginError
from airgap.kubernetes.objects import get
from airgap.kubernetes.values import Object

WAIT_FOR = "pulumi.com/waitFor"
Condition = Callable[[Object], bool]

_BRACES = re.compile(r"\{\s*(.*?)\s*\}")
_FORMS = "`condition=TYPE`, `condition=TYPE=STATUS`, `jsonpath={.path}` or `jsonpath={.path}=value`"


def parsed(annotation: str) -> list[tuple[str, Condition]]:
    """The conditions in an annotation, each with its text. Raises PluginError."""
    return [(text, _condition(text)) for text in _texts(annotation)]


def _texts(annotation: str) -> list[str]:
    try:
        texts = json.loads(annotation)
    except ValueError:
        return [annotation]
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise _wrong(annotation)
    return texts


def _wrong(text: str) -> PluginError:
    return PluginError(f"the annotation pulumi.com/waitFor has `{text}`; it takes {_FORMS}, or a JSON list of them")


def _condition(text: str) -> Condition:
    if text.startswith("condition="):
        kind, _, status = text.removeprefix("condition=").partition("=")
        return lambda obj: _has_condition(obj, kind, status or "True")
    if text.startswith("jsonpath="):
        return _json_path(text)
    raise _wrong(text)


def _has_condition(obj: Object, kind: str, status: str) -> bool:
    """As `kubectl wait --for=condition=` does: an older generation's condition does not count."""
    for each in get(obj, "status", "conditions") or ():
        if str(each.get("type")).lower() == kind.lower():
            observed = each.get("observedGeneration", get(obj, "status", "observedGeneration"))
            return not _is_older(observed, obj) and str(each.get("status")).lower() == status.lower()
    return False


def _is_older(observed: Any, obj: Object) -> bool:
    generation = get(obj, "metadata", "generation")
    return isinstance(observed, int) and isinstance(generation, int) and observed < generation


def _json_path(text: str) -> Condition:
    path, separator, value = _split(text.removeprefix("jsonpath="))
    braces = _BRACES.fullmatch(path)
    if not braces or (separator and not value):
        raise _wrong(text)
    import jsonpath  # noqa: PLC0415  # its import takes its time

    try:
        query = jsonpath.compile(braces[1] if braces[1].startswith("$") else f"${braces[1]}")
    except jsonpath.JSONPathError:
        raise _wrong(text) from None

    def holds(obj: Object) -> bool:
        if _is_older(get(obj, "status", "observedGeneration"), obj):
            return False
        found = query.findall(obj)
        if not found or not value:
            return bool(found)
        return _shown(found[0]) == value

    return holds


def _split(text: str) -> tuple[str, str, str]:
    """Split at the one `=` that is no part of `==`."""
    parts = re.split(r"(?<!=)=(?!=)", text)
    if len(parts) > 2:
        raise _wrong(f"jsonpath={text}")
    return parts[0], "=" if len(parts) == 2 else "", parts[-1] if len(parts) == 2 else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)
