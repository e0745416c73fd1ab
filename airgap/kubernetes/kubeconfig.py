"""Kubeconfig: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/

Read here rather than with kr8s, whose import takes longer than a whole preview of this plugin.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airgap.errors import PluginError

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SETTINGS = "set the provider's kubeconfig, KUBECONFIG or ~/.kube/config"


@dataclass(frozen=True)
class Access:
    """Where the API server is, how to know it again, and who asks."""

    server: str
    namespace: str = "default"
    authority: str = field(default="", repr=False)
    """Certificates (PEM) that sign the server's; empty for the machine's own."""
    verify: bool = True
    server_name: str = ""
    proxy: str = ""
    user: dict[str, Any] = field(default_factory=dict, repr=False)
    """The user's entry of the kubeconfig, with files' contents in place of their names."""


def access(contents: str, context: str = "", cluster: str = "", namespace: str = "") -> Access:
    """The access that a kubeconfig gives.

    Args:
        contents: a path to a kubeconfig, or its YAML or JSON; empty for KUBECONFIG, else ~/.kube/config, else what a
            pod has.
        context: which context, instead of the current one.
        cluster: which cluster, instead of the context's.
        namespace: which default namespace, instead of the context's.

    Raises:
        PluginError: there is no kubeconfig, it cannot be read, or it has no such context.
    """
    ambient = contents in ("", os.environ.get("KUBECONFIG"))  # the SDK passes the variable on, a list of paths too
    config = _ambient() if ambient else _load(contents)
    if not config.get("clusters"):
        if ambient and (inside := _in_cluster(namespace)):
            return inside
        raise PluginError(f"no kubeconfig names a cluster; {_SETTINGS}")
    name = context or str(config.get("current-context") or "")
    chosen = _entry(config, "context", name) if name else {}
    wanted = cluster or str(chosen.get("cluster") or "")
    if not wanted:
        raise PluginError("the kubeconfig has no current-context; set one, or the provider's context")
    server = _entry(config, "cluster", wanted)
    user = _entry(config, "user", str(chosen["user"])) if chosen.get("user") else {}
    return Access(
        server=str(server.get("server") or "").rstrip("/"),
        namespace=namespace or str(chosen.get("namespace") or "default"),
        authority=_inlined(server, "certificate-authority"),
        verify=not server.get("insecure-skip-tls-verify"),
        server_name=str(server.get("tls-server-name") or ""),
        proxy=str(server.get("proxy-url") or ""),
        user=user
        | {name: _inlined(user, name) for name in ("client-certificate", "client-key")}
        | {"folder": user.get("folder", "")},
    )


def _ambient() -> dict[str, Any]:
    """What KUBECONFIG's files say together, the first to name a thing winning; else ~/.kube/config."""
    named = [Path(path) for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    paths = named or [Path("~/.kube/config").expanduser()]
    return _merged(_parsed(path.read_text(), path) for path in paths if path.is_file())


def _load(contents: str) -> dict[str, Any]:
    path = Path(contents).expanduser() if "\n" not in contents and len(contents) < 4096 else None
    if path and path.is_file():
        return _parsed(path.read_text(), path)
    if path and "{" not in contents and ":" not in contents:
        raise PluginError(f"there is no kubeconfig at {contents}; correct the provider's kubeconfig")
    return _parsed(contents, None)


def _parsed(text: str, path: Path | None) -> dict[str, Any]:
    """A kubeconfig with the folder noted in each entry that may name files."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415

    where = str(path) if path else "the provider's kubeconfig"
    try:
        config = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:  # without its words, which quote the text
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise PluginError(f"{where}{line}: not YAML; export a kubeconfig anew") from None
    if not isinstance(config, dict):
        raise PluginError(f"{where}: not a kubeconfig; {_SETTINGS}")
    folder = str(path.parent) if path else "."
    for kind in ("cluster", "user"):
        for each in config.get(f"{kind}s") or ():
            each[kind] = (each.get(kind) or {}) | {"folder": folder}
    return config


def _merged(configs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {"clusters": [], "contexts": [], "users": []}
    for config in configs:
        merged["current-context"] = merged.get("current-context") or config.get("current-context")
        for kind in ("clusters", "contexts", "users"):
            merged[kind] += config.get(kind) or ()
    return merged


def _entry(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    entries = config.get(f"{kind}s") or ()
    for each in entries:
        if each.get("name") == name:
            return dict(each.get(kind) or {})
    there_are = ", ".join(sorted(str(each.get("name")) for each in entries)) or "none"
    raise PluginError(f"the kubeconfig has no {kind} `{name}`; there are: {there_are}")


def _inlined(entry: dict[str, Any], name: str) -> str:
    """The contents that an entry has itself, or in a file that it names."""
    if data := entry.get(f"{name}-data"):
        try:
            return base64.b64decode(data).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise PluginError(f"the kubeconfig's {name}-data is not base64; export the kubeconfig anew") from None
    if not entry.get(name):
        return ""
    path = Path(entry["folder"], entry[name])
    try:
        return path.read_text()
    except OSError as error:
        raise PluginError(f"the kubeconfig's {name} {path}: {error.strerror}; export the kubeconfig anew") from None


def _in_cluster(namespace: str) -> Access | None:
    """What a pod is given: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/"""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host or not (_ACCOUNT / "token").is_file():
        return None
    return Access(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        namespace=namespace or (_ACCOUNT / "namespace").read_text().strip(),
        authority=(_ACCOUNT / "ca.crt").read_text(),
        user={"tokenFile": str(_ACCOUNT / "token"), "folder": ""},
    )
