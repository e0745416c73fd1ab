"""The volumes of a Cluster: whether they are as large as it asks for, and whether they could be.

Asked for more, CloudNativePG asks Kubernetes, and calls the Cluster healthy meanwhile, even if Kubernetes refuses.
PostgreSQL is told at once that it may write as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from infra.kubernetes.errors import KubernetesError
from infra.kubernetes.values import amount

if TYPE_CHECKING:
    from infra.kubernetes.api import Where

Manifest = Mapping[str, Any]

KIND = "persistentvolumeclaims"
_FIELDS = {"PG_DATA": "storage", "PG_WAL": "walStorage"}
"""What a volume is for, by the label cnpg.io/pvcRole, and the Cluster's field that says how large it is."""


def small(spec: Manifest, volumes: Sequence[Manifest]) -> str:
    """Which volumes have less than the Cluster asks for, in a few words; empty if none has."""
    return ", ".join(_small(spec, volumes))


def grows(live: Manifest, wanted: Manifest, field: str) -> bool:
    """Whether the volumes of a field would grow from the spec `live` to the one `wanted`."""
    return field in live and field in wanted and amount(wanted[field]["size"]) > amount(live[field]["size"])


def fixed(where: Where, cluster: str, live: Manifest, wanted: Manifest) -> dict[str, str]:
    """The fields whose volumes should grow and cannot, with their storage class. What may not be read is left out."""
    fields = [field for field in _FIELDS.values() if grows(live, wanted, field)]
    found: dict[str, str] = {}
    try:
        for volume in where.find(KIND, labelSelector=f"cnpg.io/cluster={cluster}") if fields else ():
            name = volume["spec"].get("storageClassName")
            if (field := _field(volume)) in fields and name and not _can_grow(where, name):
                found[field] = name
    except KubernetesError:
        return {}
    return found


def _small(spec: Manifest, volumes: Sequence[Manifest]) -> Iterator[str]:
    for volume in volumes:
        wanted = (spec.get(_field(volume)) or {}).get("size")
        has = ((volume.get("status") or {}).get("capacity") or {}).get("storage", "0")
        if wanted and amount(has) < amount(wanted):
            yield f"volume {volume['metadata']['name']} has {has} of {wanted}"


def _field(volume: Manifest) -> str:
    return _FIELDS.get((volume["metadata"].get("labels") or {}).get("cnpg.io/pvcRole", ""), "")


def _can_grow(where: Where, storage_class: str) -> bool:
    return bool(where.get("storageclasses", storage_class).get("allowVolumeExpansion"))
