"""What an object says of itself: its kind, name, namespace, annotations, and how a user is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airgap.kubernetes.values import UNKNOWN, Object

AUTONAMED = "pulumi.com/autonamed"


@dataclass(frozen=True)
class Kind:
    """A kind of objects, in one version of its API group. The core group's name is empty."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def of(cls, obj: Object) -> Kind:
        group, _, version = str(obj.get("apiVersion", "")).rpartition("/")
        return cls(group, version, str(obj.get("kind", "")))

    @classmethod
    def of_token(cls, token: str) -> Kind:
        """The kind in a resource's type, such as `kubernetes:core/v1:Namespace`."""
        _, api_version, name = token.split(":", 2)
        group, _, version = api_version.rpartition("/")
        return cls("" if group == "core" else group, version, name)


def get(obj: Any, *path: str) -> Any:
    """What stands at `path` in an object, or None."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def name_of(obj: Object) -> str:
    return str(get(obj, "metadata", "name") or "")


def namespace_of(obj: Object) -> str:
    return str(get(obj, "metadata", "namespace") or "")


def annotation(obj: Object, name: str) -> str:
    """The value of an annotation, empty if there is none or it is not known yet."""
    value = get(obj, "metadata", "annotations", name)
    return value if isinstance(value, str) and value != UNKNOWN else ""


def is_autonamed(obj: Object) -> bool:
    return annotation(obj, AUTONAMED) == "true"


def identifier(obj: Object) -> str:
    """The resource's identifier: `namespace/name`, or the name alone where there are no namespaces."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def from_identifier(text: str) -> tuple[str, str]:
    """The namespace, which may be empty, and the name in an identifier."""
    namespace, _, name = text.rpartition("/")
    return namespace, name


def label(obj: Object) -> str:
    """The object as a user knows it: `Cluster ns/db`."""
    return f"{obj.get('kind', 'object')} {identifier(obj)}"


def is_crd(obj: Object) -> bool:
    return Kind.of(obj).group == "apiextensions.k8s.io" and obj.get("kind") == "CustomResourceDefinition"


def is_secret(obj: Object) -> bool:
    return obj.get("apiVersion") == "v1" and obj.get("kind") == "Secret"
