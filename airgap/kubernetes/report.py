"""What an object that does not get ready says of itself: its phase, its conditions, and the last warnings about it."""

from __future__ import annotations

from collections.abc import Iterator

from airgap.errors import PluginError
from airgap.kubernetes.client import Client
from airgap.kubernetes.errors import ApiError
from airgap.kubernetes.objects import get, name_of, namespace_of
from airgap.kubernetes.values import Object

_EVENTS = 3
_LONGEST = 300


def report(client: Client, obj: Object) -> str:
    """All of it in one line; empty if the object says nothing."""
    return "; ".join([*_status(obj), *_warnings(client, obj)])


def _status(obj: Object) -> Iterator[str]:
    for name in ("phase", "phaseReason"):
        if text := get(obj, "status", name):
            yield f"{name}: {_short(text)}"
    for each in get(obj, "status", "conditions") or ():
        said = ": ".join(filter(None, (str(each.get("reason") or ""), _short(each.get("message") or ""))))
        yield f"condition {each.get('type')} is {each.get('status')}" + (f" ({said})" if said else "")


def _warnings(client: Client, obj: Object) -> Iterator[str]:
    """The last events of type Warning about the object and what bears its name as a prefix, as its pods do."""
    path = f"/api/v1/namespaces/{namespace_of(obj) or 'default'}/events"
    try:
        found = client.get(path, fieldSelector="type=Warning")
    except (ApiError, PluginError):  # a report must not hide what it is about
        return
    events = [each for each in found.get("items", ()) if _is_about(each, name_of(obj))]
    for event in sorted(events, key=_when)[-_EVENTS:]:
        about = event["involvedObject"]
        what = "" if about.get("name") == name_of(obj) else f" of {about.get('kind')} {about.get('name')}"
        yield f"warning {event.get('reason')}{what}: {_short(event.get('message') or '')}"


def _is_about(event: Object, name: str) -> bool:
    about = str(get(event, "involvedObject", "name") or "")
    return about == name or about.startswith(f"{name}-")


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"
