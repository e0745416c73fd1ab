"""The provider's own options: which cluster, and how to treat it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure

from airgap.errors import PluginError
from airgap.kubernetes.kubeconfig import access
from airgap.kubernetes.values import UNKNOWN, has_unknown, plain_map

_ENGINES = {"version", "pluginDownloadURL"}
"""What the engine itself may put among the options of a provider."""

_TEXTS = ("kubeconfig", "context", "cluster", "namespace", "clusterIdentifier")
_FLAGS = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "skipUpdateUnreachable": "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "suppressDeprecationWarnings": "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
}
_HARMLESS = ("helmReleaseSettings", "kubeClientSettings", "strictMode", "suppressHelmHookWarnings")
"""What this stand-in takes and does not need: limits of its calls, and what is for Helm."""
_REFUSED = ("renderYamlToDirectory", "alwaysRender", "rejectUnknownResources")
NAMES = (*_TEXTS, *_FLAGS, *_HARMLESS, *_REFUSED)


@dataclass(frozen=True)
class Options:
    """A provider's options, with the official plugin's defaults."""

    kubeconfig: str = field(default="", repr=False)
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    patch_force: bool = False
    upsert: bool = False
    mutable_config_maps: bool = False
    mutable_secrets: bool = False
    suppress_deprecations: bool = False


def check_options(given: Mapping[str, PropertyValue]) -> list[CheckFailure]:
    """What is wrong with the options of a provider."""
    return list(_failures(_known(given)))


def options(given: Mapping[str, PropertyValue]) -> Options | None:
    """The options, or None while one that matters is unknown.

    Raises PluginError for options that check_options refuses.
    """
    known = _known(given)
    if has_unknown(known):
        return None
    if failures := list(_failures(known)):
        raise PluginError("; ".join(f"the provider's {each.property}: {each.reason}" for each in failures))
    flags = {name: _flag(known, name) for name in _FLAGS}
    return Options(
        kubeconfig=str(known.get("kubeconfig", "")),
        context=str(known.get("context", "")),
        cluster=str(known.get("cluster", "")),
        namespace=str(known.get("namespace", "")),
        delete_unreachable=flags["deleteUnreachable"],
        skip_update_unreachable=flags["skipUpdateUnreachable"],
        patch_force=flags["enablePatchForce"],
        upsert=flags["upsertExistingObjects"],
        mutable_config_maps=flags["enableConfigMapMutable"],
        mutable_secrets=flags["enableSecretMutable"],
        suppress_deprecations=flags["suppressDeprecationWarnings"],
    )


def _known(given: Mapping[str, PropertyValue]) -> dict[str, object]:
    return {
        name: value
        for name, value in plain_map(given).items()
        if not name.startswith("__") and name not in _ENGINES and value != ""
    }


def _failures(known: Mapping[str, object]) -> Iterator[CheckFailure]:
    for name, value in known.items():
        if value == UNKNOWN:
            continue
        if name not in NAMES:
            nearest = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"did you mean `{nearest[0]}`?" if nearest else f"it has {', '.join(sorted(NAMES))}"
            yield CheckFailure(name, f"the provider has no property `{name}`; {hint}")
        elif name in _REFUSED and value not in (False, "false"):
            yield CheckFailure(name, "not supported by the airgap stand-in; use the official plugin")
        elif name in _TEXTS and not isinstance(value, str):
            yield CheckFailure(name, "must be a string")
        elif name in _FLAGS and value not in (True, False, "true", "false"):
            yield CheckFailure(name, "must be a boolean")
    if not _flag(known, "enableServerSideApply"):
        reason = "the airgap stand-in applies on the server's side alone; leave it true, or use the official plugin"
        yield CheckFailure("enableServerSideApply", reason)


def _flag(known: Mapping[str, object], name: str) -> bool:
    value = known.get(name, os.environ.get(_FLAGS[name], name == "enableServerSideApply"))
    return value in (True, "true", UNKNOWN)


def moved(old: Mapping[str, PropertyValue], new: Mapping[str, PropertyValue]) -> list[str]:
    """The options whose change leads to another cluster, whose objects have to be made there anew.

    As in the official plugin: a clusterIdentifier decides alone, else the server that the kubeconfig leads to.
    """
    before, after = _known(old), _known(new)
    identifiers = before.get("clusterIdentifier"), after.get("clusterIdentifier")
    if identifiers[1] and identifiers[0] == identifiers[1]:
        return []
    found = ["clusterIdentifier"] if all(identifiers) else []
    names = [name for name in ("kubeconfig", "context", "cluster") if before.get(name) != after.get(name)]
    if unknown := [name for name in names if after.get(name) == UNKNOWN]:
        return found + unknown[:1]
    return found + names if names and _server(before) != _server(after) else found


def _server(known: Mapping[str, object]) -> tuple[str, str] | None:
    """The server and its authority, or None where there is no telling."""
    try:
        found = access(*(str(known.get(name, "")) for name in ("kubeconfig", "context", "cluster")))
    except PluginError:
        return None
    return found.server, found.authority
