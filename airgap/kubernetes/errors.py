"""What went wrong, in one line for the user: which object, what the API server said, what to do next."""

from __future__ import annotations

import re
from typing import Any

from airgap.errors import PluginError
from airgap.kubernetes.objects import Kind, label
from airgap.kubernetes.values import Object

_ADVICE = {
    401: "log in anew, or correct the kubeconfig",
    403: "ask the cluster's administrator for that permission, or take another user",
    404: "make it first",
    413: "make the object smaller",
    422: "correct it in the program",
    429: "try again later",
}


class Unreachable(PluginError):
    """There is no API server where the kubeconfig says, or it does not answer as one."""

    def __init__(self, server: str, reason: str) -> None:
        self.reason = f"{server}: {reason}"
        super().__init__(
            f"configured Kubernetes cluster is unreachable: {self.reason}; check the kubeconfig and the network"
        )


class ApiError(Exception):
    """The API server refused a request. `status` is its answer, a Status object."""

    def __init__(self, status: Object) -> None:
        self.status = status
        super().__init__(self.message)

    @property
    def code(self) -> int:
        return int(self.status.get("code") or 0)

    @property
    def reason(self) -> str:
        return str(self.status.get("reason") or "")

    @property
    def message(self) -> str:
        return " ".join(str(self.status.get("message") or self.reason or self.code).split())

    @property
    def causes(self) -> list[Object]:
        details: Any = self.status.get("details")
        return list((details or {}).get("causes") or ())


class NoMatch(PluginError):
    """The API server has no such kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        super().__init__(
            f'no matches for kind "{kind.name}" in version "{kind.api_version}": the API group {kind.group or "core"} '
            "has no such CustomResourceDefinition here; install the operator that brings it"
        )


class InitializationFailed(PluginError):
    """The object is there, but not ready. The engine records `live`, and its field manager, all the same."""

    def __init__(self, message: str, live: Object, manager: str) -> None:
        self.live, self.manager = live, manager
        super().__init__(message)


def unreachable(server: str, error: Exception) -> Unreachable:
    """The error for a request that got no answer."""
    said = " ".join(str(error).split()) or type(error).__name__
    return Unreachable(server, said)


def refused(doing: str, obj: Object, error: ApiError) -> PluginError:
    """The error for a request that the API server refused while `doing` something with an object."""
    what = f"{doing} {label(obj)}"
    if error.reason == "Conflict" and error.causes:
        return PluginError(f"{what}: {_conflict(error)}")
    if error.reason == "AlreadyExists":
        return PluginError(
            f"{what}: {error.message}; adopt it with `pulumi import`, choose another name, "
            "or set the provider's upsertExistingObjects"
        )
    advice = "correct it in the program" if _is_denial(error) else _ADVICE.get(error.code, "")
    return PluginError("; ".join(filter(None, (f"{what}: {error.message}".rstrip("."), advice))))


def _is_denial(error: ApiError) -> bool:
    return "admission webhook" in error.message and "denied the request" in error.message


def _conflict(error: ApiError) -> str:
    """Which managers hold which fields, from causes such as `conflict with "kubectl" using apps/v1`."""
    held: dict[str, list[str]] = {}
    for cause in error.causes:
        found = re.search(r'conflict with "([^"]+)"', str(cause.get("message")))
        held.setdefault(found[1] if found else "another", []).append(str(cause.get("field", "")).removeprefix("."))
    managers = "; ".join(f"field manager {name} holds {', '.join(fields)}" for name, fields in held.items())
    return (
        f"{managers}; leave those fields to it (ignore_changes), or take them with the annotation pulumi.com/patchForce"
    )
