"""Changes of a Cluster that would lose data or cannot be made in place. They are refused, with what to do instead.

CloudNativePG's webhook refuses some of them too, but only during `up`; the rest it would carry out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.kubernetes.values import amount
from infra.kubernetes.volumes import grows

_GUIDE = "docs/production.md"


def refusals(live: Mapping[str, Any], wanted: Mapping[str, Any], fixed: Mapping[str, str] | None = None) -> list[str]:
    """A line for each change from the Cluster `live` to the one `wanted` that must not happen.

    Both are manifests as the API has them; `live` may hold more than was asked for. `fixed` are the fields whose
    volumes cannot grow, with their storage class.
    """
    return list(_identity(live["metadata"], wanted["metadata"])) or [
        *_volume("storage", "clusterStorage", live["spec"], wanted["spec"], fixed or {}),
        *_volume("walStorage", "clusterWal", live["spec"], wanted["spec"], fixed or {}),
        *_bootstrap(live["spec"].get("bootstrap", {}), wanted["spec"]["bootstrap"]),
        *_version(live["spec"].get("imageName", ""), wanted["spec"]["imageName"]),
    ]


def major_version(image: str) -> int | None:
    """PostgreSQL's major version by the image's tag; None where that has none."""
    match = re.search(r":(\d+)[^/:]*$", image.partition("@")[0])
    return int(match[1]) if match else None


def _identity(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for key, setting in (("name", "clusterName"), ("namespace", "kubernetesNamespace")):
        if live[key] != wanted[key]:
            yield (
                f"{setting}: {wanted[key]} would be a new and empty cluster, and the data of {live[key]} would go. "
                f"Set it back to {live[key]}, or make another stack and move the data: {_GUIDE}"
            )


def _volume(
    field: str, setting: str, live: Mapping[str, Any], wanted: Mapping[str, Any], fixed: Mapping[str, str]
) -> Iterator[str]:
    if field not in live:
        return
    now, then = live[field], wanted.get(field)
    if then is None:
        yield f"{setting}Size: a volume that is in use cannot be taken away. Set it back to {now['size']}"
        return
    if amount(then["size"]) < amount(now["size"]):
        yield f"{setting}Size: a volume cannot shrink to {then['size']}. Set it back to {now['size']}"
    if field in fixed and grows(live, wanted, field):
        yield (
            f"{setting}Size: volumes of storage class {fixed[field]} cannot grow (allowVolumeExpansion). "
            f"Set it back to {now['size']}, or move the data to another stack: {_GUIDE}"
        )
    if then.get("storageClass") != now.get("storageClass"):
        was, becomes = (volume.get("storageClass") or "the default" for volume in (now, then))
        yield (
            f"{setting}Class: volumes that are there keep their class, {was}; {becomes} would be for new ones alone. "
            f"Set it back, or move the data to another stack: {_GUIDE}"
        )


def _bootstrap(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    (method, content), *_ = wanted.items()
    if method not in live:
        yield (
            f"recoveryServer: it is read once, when a Cluster is made, and this one was made by {', '.join(live)}. "
            f"To go back to a backup see {_GUIDE}"
        )
        return
    changed = sorted(key for key in content if live[method].get(key) != content[key])
    if changed:
        keys = {"owner": "postgresUser", "source": "recoveryServer", "recoveryTarget": "recoveryTargetTime"}
        names = ", ".join(
            dict.fromkeys(keys.get(key, f"bootstrap.{method}.{key}") for key in changed if key != "database")
        )
        yield f"{names}: read once, when the Cluster is made. Set it back to what the Cluster was made with"


def _version(live: str, wanted: str) -> Iterator[str]:
    now, then = major_version(live), major_version(wanted)
    if now is not None and then is not None and now != then:
        what = "is a major upgrade, which stops the database" if then > now else "goes back, which no PostgreSQL can"
        yield f"clusterImage: from PostgreSQL {now} to {then} {what}. See {_GUIDE}, and set it back to {live}"
