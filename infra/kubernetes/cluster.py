"""Whether a Cluster of CloudNativePG is as it was asked for, and what keeps it from that. Pure: objects in, words out.

Its condition Ready does not tell: that of before a change stands until the operator has noticed the change, and nothing
in its status says which generation of the Cluster it speaks of. So the instances and volumes themselves are compared
with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from infra.kubernetes.values import amount
from infra.kubernetes.volumes import small

Manifest = Mapping[str, Any]

_HEALTHY = "Cluster in healthy state"
_LONGEST_PART = 240
_MOST_PARTS = 4
_MOST_EVENTS = 2
_UNITS = {
    "B": ("memory", 1.0),
    "kB": ("memory", 1024.0),
    "MB": ("memory", 1024.0**2),
    "GB": ("memory", 1024.0**3),
    "TB": ("memory", 1024.0**4),
    "us": ("time", 0.001),
    "ms": ("time", 1.0),
    "s": ("time", 1000.0),
    "min": ("time", 60_000.0),
    "h": ("time", 3_600_000.0),
    "d": ("time", 86_400_000.0),
}  # https://www.postgresql.org/docs/18/config-setting.html
_ON, _OFF = {"on", "true", "yes", "1"}, {"off", "false", "no", "0"}


def unready(cluster: Manifest, pods: Sequence[Manifest], volumes: Sequence[Manifest]) -> str:
    """What the Cluster still lacks, in a few words; empty if it is as its spec says.

    `pods` and `volumes` are those of the Cluster, of its jobs too.
    """
    spec, status = cluster["spec"], cluster.get("status") or {}
    if "deletionTimestamp" in cluster["metadata"]:
        return "it is being deleted"
    if status.get("phase") != _HEALTHY:
        reason = status.get("phaseReason")
        return str(status.get("phase") or "the operator has not begun") + (f" ({reason})" if reason else "")
    instances = [pod for pod in pods if pod["metadata"].get("labels", {}).get("cnpg.io/podRole") == "instance"]
    ready = [pod for pod in instances if _is_ready(pod)]
    if not len(instances) == len(ready) == status.get("readyInstances") == spec["instances"]:
        return f"{len(ready)} of {spec['instances']} instances are ready"
    if status.get("currentPrimary") != status.get("targetPrimary"):
        return f"{status.get('targetPrimary')} is about to become the primary"
    older = [pod["metadata"]["name"] for pod in instances if not _is_as_asked(pod, spec)]
    return f"{', '.join(older)} still to be replaced" if older else small(spec, volumes)


def causes(
    cluster: str, pods: Sequence[Manifest], volumes: Sequence[Manifest], events: Iterable[Manifest]
) -> list[str]:
    """What holds up a Cluster of that name, the most telling first, bounded in number and length."""
    fine = {each["metadata"]["name"] for each in (*pods, *volumes) if _is_fine(each)}
    mine = [event for event in events if _is_about(event, cluster) and event["involvedObject"]["name"] not in fine]
    mine.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), reverse=True)
    parts = [*_waiting_pods(pods), *_waiting_volumes(volumes)]
    said = dict.fromkeys(_one_line(event.get("message")) for event in mine)
    parts += [each for each in said if not any(each in part for part in parts)][:_MOST_EVENTS]
    return [part if len(part) <= _LONGEST_PART else f"{part[:_LONGEST_PART]}…" for part in parts[:_MOST_PARTS]]


def not_in_force(parameters: Mapping[str, str], settings: Iterable[Manifest]) -> list[str]:
    """The names of parameters that the server does not run with yet. `settings` are rows of pg_settings.

    A value that cannot be compared with certainty, such as a word, is taken to be in force unless the server says that
    it waits for a restart.
    """
    return [
        row["name"]
        for row in settings
        if row["pending_restart"] or (row["name"] in parameters and not _agrees(parameters[row["name"]], row))
    ]


def _is_fine(obj: Manifest) -> bool:
    """Whether a pod or volume has got over what events told of it."""
    return (obj.get("status") or {}).get("phase") in ("Bound", "Succeeded") or _is_ready(obj)


def _is_ready(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _is_as_asked(pod: Manifest, spec: Manifest) -> bool:
    """Whether an instance runs the image, with the resources, that the Cluster asks for now."""
    container = next(each for each in pod["spec"]["containers"] if each["name"] == "postgres")
    if spec.get("imageName", container["image"]) != container["image"]:
        return False
    wanted, has = (_amounts(each.get("resources") or {}) for each in (spec, container))
    return wanted.items() <= has.items()


def _amounts(resources: Manifest) -> dict[tuple[str, str], Any]:
    return {
        (kind, name): amount(str(quantity))
        for kind in ("requests", "limits")
        for name, quantity in (resources.get(kind) or {}).items()
    }


def _waiting_pods(pods: Iterable[Manifest]) -> Iterator[str]:
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status") or {}
        scheduled: Manifest = next(
            (each for each in status.get("conditions") or () if each["type"] == "PodScheduled"), {}
        )
        if scheduled.get("status") == "False":
            yield f"pod {name} is {status.get('phase')}: {_one_line(scheduled.get('message'))}"
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            state = (container.get("state") or {}).get("waiting") or {}
            if state.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
                said = _one_line(state.get("message"))
                yield f"pod {name}: {state['reason']}, image {container['image']}" + (f": {said}" if said else "")


def _waiting_volumes(volumes: Iterable[Manifest]) -> Iterator[str]:
    for volume in volumes:
        phase = (volume.get("status") or {}).get("phase")
        if phase != "Bound":
            storage_class = volume["spec"].get("storageClassName")
            of = f"of storage class {storage_class}" if storage_class else "without a storage class"
            yield f"volume {volume['metadata']['name']} {of} is {phase}"


def _is_about(event: Manifest, cluster: str) -> bool:
    name = str((event.get("involvedObject") or {}).get("name"))
    return event.get("type") == "Warning" and (name == cluster or name.startswith(f"{cluster}-"))


def _agrees(wanted: str, row: Manifest) -> bool:
    if row["vartype"] == "bool":
        value = wanted.strip().lower()
        return value not in (_OFF if row["setting"] == "on" else _ON)
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", wanted)
    if match is None or row["vartype"] not in ("integer", "real"):
        return True
    number, setting = float(match[1]), float(row["setting"])
    if match[2]:
        scale = _scale(match[2], row["unit"] or "")
        if scale is None:
            return True
        number *= scale
    rounding = 0.5 if row["vartype"] == "integer" else 1e-6 * max(1.0, abs(number))
    return abs(number - setting) <= rounding


def _scale(unit: str, into: str) -> float | None:
    """What to multiply a number of `unit` by to have it in a unit of pg_settings, which may be several, as 8kB."""
    match = re.fullmatch(r"(\d*)([A-Za-z]+)", into)
    if match is None or unit not in _UNITS or match[2] not in _UNITS or _UNITS[unit][0] != _UNITS[match[2]][0]:
        return None
    return _UNITS[unit][1] / (_UNITS[match[2]][1] * int(match[1] or 1))


def _one_line(text: object) -> str:
    return " ".join(str(text or "").split())
