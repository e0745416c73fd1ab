"""What the plugin refuses before anything is touched, and what it fills in. No server runs here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from airgap.errors import PluginError
from airgap.kubernetes.options import check_options, moved, options
from airgap.kubernetes.secrecy import masked
from airgap.kubernetes.values import UNKNOWN, plain_map, wire_map
from tests.airgap.kubernetes_engine import Engine, Secret, over_the_wire, sent

NOWHERE = '{"clusters": [], "contexts": []}'
CONFIG_MAP = "core/v1:ConfigMap"


@pytest.fixture
def engine() -> Engine:
    return Engine.configured(kubeconfig=NOWHERE)


def checked(engine: Engine, token: str = CONFIG_MAP, old: Any = None, **inputs: Any) -> dict[str, Any]:
    return plain_map(engine.check(token, "map", inputs, old))


def test_a_name_is_made_from_the_resource_and_then_kept(engine: Engine) -> None:
    first = checked(engine)
    stem, _, digits = first["metadata"]["name"].rpartition("-")
    assert (stem, len(digits), int(digits, 16) >= 0) == ("map", 8, True)
    assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert checked(engine) == first  # the preview and the update have the same seed
    old = sent(first | {"metadata": first["metadata"] | {"name": "map-00000000"}})
    assert checked(engine, old=old)["metadata"]["name"] == "map-00000000"
    assert "name" not in checked(engine, old=sent({"metadata": {"name": "chosen"}}))["metadata"]


def test_a_name_that_is_given_or_not_known_yet_is_no_automatic_one(engine: Engine) -> None:
    for name in ("mine", UNKNOWN):
        assert checked(engine, metadata={"name": name})["metadata"] == {"name": name, "namespace": "default"}
    assert checked(engine, metadata=UNKNOWN)["metadata"] == UNKNOWN
    with pytest.raises(PluginError, match=r"generateName does not go with server-side apply"):
        checked(engine, metadata={"generateName": "a-"})


def test_the_kind_comes_from_the_type(engine: Engine) -> None:
    made = checked(engine, "rbac.authorization.k8s.io/v1:ClusterRole", metadata={"name": "a"})
    assert made == {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("helm.sh/v3:Release", "kubernetes:helm.sh/v3:Release is not supported by the airgap stand-in"),
        ("yaml/v2:ConfigFile", "kubernetes:yaml/v2:ConfigFile is not supported by the airgap stand-in"),
        ("kustomize/v2:Directory", "is not supported by the airgap stand-in, which has single objects alone"),
        ("core/v1:NamespacePatch", "kubernetes:core/v1:NamespacePatch: patches are not supported"),
        ("core/v1:SecretList", "kubernetes:core/v1:SecretList: a list is no resource of its own"),
    ],
)
def test_what_the_stand_in_lacks_is_refused(engine: Engine, token: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        checked(engine, token, kind="Namespace")


def test_a_custom_resource_may_be_called_a_list_or_a_patch(engine: Engine) -> None:
    for kind in ("AllowList", "Patch"):
        assert checked(engine, f"example.org/v1:{kind}", kind=kind)["kind"] == kind


def test_a_mistake_in_an_annotation_is_found_before_the_object_is_made(engine: Engine) -> None:
    with pytest.raises(PluginError, match=r"the annotation pulumi\.com/waitFor has `Ready`; it takes"):
        checked(engine, metadata={"annotations": {"pulumi.com/waitFor": "Ready"}})


def test_secrets_are_marked_where_they_were_and_in_all_of_a_secrets_data() -> None:
    inputs = sent({"a": {"b": Secret("x"), "c": "1"}, "list": [Secret("y")], "e": Secret("z")})
    found = wire_map({"a": {"b": "x", "c": "2", "d": "3"}, "list": ["y", "n"], "e": {"deep": 1}}, inputs)
    assert [found["a"].value[name].is_secret for name in "bcd"] == [True, False, False]
    assert (found["list"].is_secret, found["e"].is_secret) == (True, True)
    secret = wire_map({"kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "x"}, "type": "t"}, {})
    assert (secret["data"].is_secret, secret["stringData"].is_secret, secret["type"].is_secret) == (True, True, False)


def test_values_come_back_as_they_went() -> None:
    values = {"a": 1, "b": 1.5, "c": True, "d": "x", "e": [1, {"x-kubernetes-map-type": "atomic"}], "f": {}, "g": []}
    assert plain_map(over_the_wire(wire_map(values, {}))) == values
    assert set(wire_map({"x-kubernetes-list-type": "map"}, {})) == {"x_kubernetes_list_type"}


def test_short_secrets_do_not_tear_holes_into_messages() -> None:
    values = sent({"a": {"b": Secret("geheim"), "c": [Secret("Z2VoZWltbmlz")], "d": Secret("in")}})
    assert masked("in geheimnis, geheim", values) == "in [secret], [secret]"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kubeconf": "x"}, "the provider has no property `kubeconf`; did you mean `kubeconfig`?"),
        ({"zzz": "x"}, "the provider has no property `zzz`; it has alwaysRender, cluster,"),
        ({"renderYamlToDirectory": "out"}, "not supported by the airgap stand-in; use the official plugin"),
        ({"enableServerSideApply": "false"}, "the airgap stand-in applies on the server's side alone"),
        ({"enablePatchForce": "yes"}, "must be a boolean"),
        ({"context": 1}, "must be a string"),
    ],
)
def test_an_option_that_will_not_do_is_refused(given: dict[str, Any], reason: str) -> None:
    (failure,) = check_options(sent(given))
    assert reason in failure.reason
    with pytest.raises(PluginError, match=f"the provider's {failure.property}: "):
        options(sent(given))


def test_options_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    harmless = {
        "kubeClientSettings": '{"qps": 5}',
        "helmReleaseSettings": "{}",
        "alwaysRender": "false",
        "version": "4",
    }
    assert check_options(sent(harmless)) == []
    found = options(sent({"namespace": "a", "enablePatchForce": "true", "context": ""}))
    assert found
    assert (found.namespace, found.patch_force, found.upsert, found.context) == ("a", True, False, "")
    monkeypatch.setenv("PULUMI_K8S_UPSERT_EXISTING_OBJECTS", "true")
    found = options({})
    assert found
    assert found.upsert
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", "false")
    assert check_options({})


def test_options_that_are_not_known_yet_allow_a_preview_and_nothing_more() -> None:
    engine = Engine.configured(kubeconfig=UNKNOWN)
    assert engine.preview(CONFIG_MAP, "map", data={"a": "1"}).values["data"] == {"a": "1"}
    assert engine.told.warnings == []
    with pytest.raises(PluginError, match="options of the provider are not known yet"):
        engine.create(CONFIG_MAP, "map")


def test_options_may_also_come_as_the_variables_of_an_old_engine(engine: Engine) -> None:
    variables = {"kubernetes:config:kubeconfig": NOWHERE, "kubernetes:config:deleteUnreachable": "true"}
    asyncio.run(engine.provider.configure(protocol.ConfigureRequest(variables, {}, True, True)))
    assert engine.read(CONFIG_MAP, "a/b") is None


def test_the_kubeconfig_of_the_provider_is_not_shown() -> None:
    assert "hidden" not in repr(options({"kubeconfig": PropertyValue("hidden")}))


CONFIG = '{{"current-context": "{}", "contexts": [{}], "clusters": [{}]}}'.format(
    "a",
    ", ".join(f'{{"name": "{name}", "context": {{"cluster": "{name}"}}}}' for name in "ab"),
    ", ".join(f'{{"name": "{name}", "cluster": {{"server": "https://{name}"}}}}' for name in "ab"),
)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG + " "}, []),
        ({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG, "context": "a"}, []),
        ({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG, "context": "b"}, ["context"]),
        ({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG.replace("https://a", "https://c")}, ["kubeconfig"]),
        ({"kubeconfig": CONFIG}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        ({"kubeconfig": CONFIG}, {"kubeconfig": CONFIG, "namespace": "x"}, []),
        ({"kubeconfig": CONFIG, "clusterIdentifier": "1"}, {"kubeconfig": UNKNOWN, "clusterIdentifier": "1"}, []),
        ({"clusterIdentifier": "1"}, {"clusterIdentifier": "2"}, ["clusterIdentifier"]),
        ({}, {"clusterIdentifier": "2"}, []),
    ],
)
def test_only_another_cluster_replaces_the_provider(old: Any, new: Any, replaces: list[str]) -> None:
    assert moved(sent(old), sent(new)) == replaces
