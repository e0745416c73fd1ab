"""The kinds that a cluster knows, and where each one's objects are found in its API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airgap.kubernetes.client import Client
from airgap.kubernetes.errors import ApiError, NoMatch
from airgap.kubernetes.kinds import likely_namespaced
from airgap.kubernetes.objects import Kind, get, label, name_of, namespace_of
from airgap.kubernetes.values import Object


@dataclass(frozen=True)
class Mapping:
    """Where a kind's objects are: their plural name, and whether they belong to namespaces."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, obj: Object, *, named: bool = True) -> str:
        """The URL's path of an object, or of the collection that it goes into."""
        root = f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.version}"
        where = f"/namespaces/{namespace_of(obj) or 'default'}" if self.namespaced else ""
        return f"{root}{where}/{self.plural}" + (f"/{name_of(obj)}" if named else "")


class Cluster:
    """An API server with the kinds that it has been asked about. Safe in threads."""

    def __init__(self, client: Client, warn: Callable[[str], None] = lambda _: None) -> None:
        self.client = client
        self._warn = warn
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], dict[str, Mapping]] = {}
        self._planned: dict[tuple[str, str], bool] = {}

    def mapping(self, kind: Kind) -> Mapping:
        """Where objects of `kind` are. Raises NoMatch, ApiError, Unreachable."""
        with self._lock:
            known = self._found.get((kind.group, kind.version), {}).get(kind.name)
            if known:
                return known
            found = self._found[kind.group, kind.version] = self._discover(kind)
        if kind.name not in found:
            raise NoMatch(kind)
        return found[kind.name]

    def _discover(self, kind: Kind) -> dict[str, Mapping]:
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        try:
            answer = self.client.get(root)
        except ApiError as error:
            if error.code == 404:
                raise NoMatch(kind) from None
            raise
        return {
            each["kind"]: Mapping(Kind(kind.group, kind.version, each["kind"]), each["name"], each["namespaced"])
            for each in answer.get("resources", ())
            if "/" not in each["name"]
        }

    def knows_kind_of(self, obj: Object) -> bool:
        """Whether the API server has the object's kind. Raises ApiError, Unreachable."""
        try:
            self.mapping(Kind.of(obj))
        except NoMatch:
            return False
        return True

    def plan(self, crd: Object) -> None:
        """Note a CustomResourceDefinition that the program is about to make, for the scope of its objects."""
        group, name = get(crd, "spec", "group"), get(crd, "spec", "names", "kind")
        if isinstance(group, str) and isinstance(name, str):
            self._planned[group, name] = get(crd, "spec", "scope") != "Cluster"

    def is_planned(self, kind: Kind) -> bool:
        """Whether the program is about to make the kind."""
        return (kind.group, kind.name) in self._planned

    def forget(self) -> None:
        """Ask again for each kind, after a CustomResourceDefinition was made."""
        with self._lock:
            self._found.clear()

    def planned_scope(self, kind: Kind) -> bool:
        """Whether objects of a kind that the API server does not have yet will belong to namespaces."""
        return self._planned.get((kind.group, kind.name), likely_namespaced(kind))

    def read(self, obj: Object) -> Object:
        """The live object of the kind, namespace and name in `obj`. Raises ApiError, NoMatch, Unreachable."""
        return self.client.get(self.mapping(Kind.of(obj)).path(obj))

    def write(self, method: str, obj: Object, media: str, body: Any, **parameters: str) -> Object:
        """Send `body` for `obj`, and pass on what the server warns of. Raises ApiError, NoMatch, Unreachable."""
        path = self.mapping(Kind.of(obj)).path(obj, named=method != "POST")
        answer, warnings = self.client.request(method, path, parameters, body, media)
        for warning in warnings:
            self._warn(f"{label(obj)}: {warning}")
        return answer
