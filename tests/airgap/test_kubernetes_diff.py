"""What the plugin takes for a change, and which changes replace an object. No server runs here."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental.provider import DiffResponse

from airgap.kubernetes.diff import changes, diff, shown, steps
from airgap.kubernetes.normal import normal, pruned
from airgap.kubernetes.quantities import canonical
from airgap.kubernetes.replacing import force_new, touches
from airgap.kubernetes.values import UNKNOWN

SERVER = {"uid": "1", "resourceVersion": "5", "managedFields": [{"manager": "x"}]}


def obj(kind: str = "v1 Service", **fields: Any) -> dict[str, Any]:
    api_version, name = kind.split()
    metadata = {"name": "a", "namespace": "ns"} | fields.pop("metadata", {})
    return {"apiVersion": api_version, "kind": name, "metadata": metadata, **fields}


def compared(old: dict[str, Any], new: dict[str, Any], *ignored: str, **live: Any) -> DiffResponse:
    """The diff from what was asked for as `old`, which the server completed with `live`."""
    there = old | live | {"metadata": old["metadata"] | SERVER | live.get("metadata", {})}
    return diff(there | {"__inputs": old}, new, force_new, namespaced=True, ignored=list(ignored))


def kinds(answer: DiffResponse) -> dict[str, str]:
    return {path: each.kind.name for path, each in answer.detailed_diff.items()}


def running(image: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"image": image}]}}


def test_what_the_server_added_is_no_change() -> None:
    same = obj(spec={"ports": [{"port": 80}]})
    live = {"spec": {"ports": [{"port": 80, "protocol": "TCP"}], "clusterIP": "10.0.0.1"}, "status": {}}
    answer = compared(same, same, **live)
    assert (answer.changes, kinds(answer)) == (False, {})


def test_what_others_changed_is_one_where_the_program_has_a_say() -> None:
    same = obj(spec={"type": "ClusterIP"})
    assert kinds(compared(same, same, spec={"type": "NodePort", "clusterIP": "10.0.0.1"})) == {"spec.type": "UPDATE"}


def test_each_change_has_its_path_and_kind() -> None:
    old = obj(spec={"a": 1, "gone": {"x": 1}, "list": [{"b": 1}, {"b": 2}]}, metadata={"labels": {"a/b.c": "1"}})
    new = obj(spec={"a": 2, "list": [{"b": 3, "c": 1}], "come": UNKNOWN}, metadata={"labels": {"a/b.c": "2"}})
    assert kinds(compared(old, new)) == {
        'metadata.labels["a/b.c"]': "UPDATE",
        "spec.a": "UPDATE",
        "spec.come": "ADD",
        "spec.gone": "DELETE",
        "spec.list[0].b": "UPDATE",
        "spec.list[0].c": "ADD",
        "spec.list[1]": "DELETE",
    }


def test_numbers_are_compared_as_such_and_booleans_are_none() -> None:
    assert [path for path, _, _ in changes({"a": 1, "b": 1}, {"a": 1.0, "b": True})] == [("b",)]


def test_paths_are_ignored_with_all_that_is_below_them() -> None:
    old = obj(spec={"a": {"b": 1}, "list": [{"c": 1}], "d": 1}, metadata={"annotations": {"x/y.z": "1"}})
    new = obj(spec={"a": {"b": 2}, "list": [{"c": 2}], "d": 2}, metadata={"annotations": {"x/y.z": "2"}})
    ignored = ("spec.a", "spec.list[*].c", 'metadata.annotations["x/y.z"]', "spec.dd")
    assert kinds(compared(old, new, *ignored)) == {"spec.d": "UPDATE"}


@pytest.mark.parametrize(
    ("kind", "old", "new", "replaces"),
    [
        ("v1 Service", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {"clusterIP": "None"}}, ["spec.clusterIP"]),
        ("v1 Service", {"spec": {"type": "A"}}, {"spec": {"type": "B"}}, []),
        ("v1 Secret", {"type": "a"}, {"type": "b"}, ["type"]),
        ("v1 ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, ["data.a"]),
        ("batch/v1 Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, ["spec.template.a"]),
        ("batch/v1 CronJob", {"spec": {"jobTemplate": 1}}, {"spec": {"jobTemplate": 2}}, []),
        ("apps/v1 StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}, ["spec.serviceName"]),
        ("apps/v1 StatefulSet", {}, {"spec": {"serviceName": "b"}}, ["spec"]),
        ("apps/v1 StatefulSet", {}, {"spec": {"replicas": 1}}, []),
        ("rbac.authorization.k8s.io/v1 RoleBinding", {"roleRef": {"a": 1}}, {"roleRef": {"a": 2}}, ["roleRef.a"]),
        ("v1 Pod", running("a"), running("b"), ["spec.containers[0].image"]),
        ("postgresql.cnpg.io/v1 Cluster", {"spec": {"instances": 1}}, {"spec": {"instances": 3}}, []),
        ("v1 Service", {"metadata": {"namespace": "a"}}, {"metadata": {"namespace": "b"}}, ["metadata.namespace"]),
        ("v1 Service", {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, ["metadata.name"]),
    ],
)  # fmt: skip
def test_what_cannot_change_in_place_replaces(kind: str, old: Any, new: Any, replaces: list[str]) -> None:
    answer = compared(obj(kind, **old), obj(kind, **new))
    assert answer.changes
    assert answer.replaces == replaces


def test_data_may_be_mutable() -> None:
    for kind, option in (("v1 Secret", "mutable_secrets"), ("v1 ConfigMap", "mutable_config_maps")):
        assert touches(("data", "a"), "2", force_new(obj(kind)))
        assert not touches(("data", "a"), "2", force_new(obj(kind), **{option: True}))
        assert touches(("data", "a"), "2", force_new(obj(kind, immutable=True), **{option: True}))
    assert touches(("type",), "b", force_new(obj("v1 Secret"), mutable_secrets=True))


def test_the_old_object_goes_first_only_if_the_new_one_takes_its_name() -> None:
    old, new = obj("v1 ConfigMap", data={"a": "1"}), obj("v1 ConfigMap", data={"a": "2"})
    assert compared(old, new).delete_before_replace
    auto = {"metadata": {"annotations": {"pulumi.com/autonamed": "true"}}}
    assert not compared(obj("v1 ConfigMap", data={}, **auto), new | obj("v1 ConfigMap", **auto)).delete_before_replace
    assert not compared(old, new | {"metadata": {"name": "b", "namespace": "ns"}}).delete_before_replace
    assert not compared(old, new | {"metadata": {"name": "a", "namespace": "other"}}).delete_before_replace
    assert not compared(obj(spec={"a": 1}), obj(spec={"a": 2})).delete_before_replace


def test_a_namespace_is_no_matter_where_there_are_none() -> None:
    old = obj("v1 Namespace")
    answer = diff(old | {"__inputs": old}, {**old, "metadata": {"name": "a"}}, force_new, namespaced=False, ignored=[])
    assert not answer.changes


def test_string_data_is_compared_with_the_data_that_the_server_made_of_it() -> None:
    inputs = obj("v1 Secret", stringData={"a": "geheim"}, data={"b": "eA=="})
    assert normal(inputs)["data"] == {"a": "Z2VoZWlt", "b": "eA=="}
    assert "stringData" not in normal(inputs)
    assert normal(inputs | {"stringData": {"a": UNKNOWN}})["stringData"] == {"a": UNKNOWN}


def test_a_definition_is_compared_without_what_the_server_drops() -> None:
    crd = obj(
        "apiextensions.k8s.io/v1 CustomResourceDefinition", spec={"preserveUnknownFields": False}, status={"a": 1}
    )
    assert normal(crd)["spec"] == {}
    assert "status" not in normal(crd)


def test_metadata_that_the_server_alone_writes_is_not_compared() -> None:
    assert normal(obj(metadata={"uid": "1", "labels": {}}))["metadata"] == {
        "name": "a",
        "namespace": "ns",
        "labels": {},
    }


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1000m", "1"), ("0.5", "500m"), (2, "2"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"), ("1500Mi", "1500Mi"),
        ("0", "0"), ("100M", "100M"), ("1000k", "1M"), ("0.5Mi", "512Ki"), ("1e3", "1e3"), ("some", "some"),
        (True, True), ("1048576", "1048576"), ("-1000m", "-1"), ("12e6", "12e6"), ("0.1Ki", "102400m"),
        ("0.9765625Ki", "1k"),
    ],
)  # fmt: skip
def test_quantities_are_compared_as_the_server_writes_them(given: Any, stored: Any) -> None:
    assert canonical(given) == stored


def test_quantities_of_custom_resources_are_left_alone_as_their_server_does() -> None:
    spec = {"template": {"resources": {"limits": {"cpu": "1000m"}}}}
    assert normal(obj("apps/v1 Deployment", spec=spec))["spec"]["template"]["resources"]["limits"] == {"cpu": "1"}
    assert normal(obj("postgresql.cnpg.io/v1 Cluster", spec=spec))["spec"] == spec


NAMES = st.text('ab.[]"x', min_size=1, max_size=4).filter(lambda name: not name.isdecimal())
VALUES = st.recursive(
    st.booleans() | st.integers(0, 3) | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_an_object_does_not_differ_from_itself(value: Any) -> None:
    assert list(changes(value, value)) == []
    assert pruned(value, value) == value


@given(st.lists(NAMES | st.integers(0, 9), min_size=1, max_size=4))
def test_a_shown_path_has_the_steps_that_it_was_made_of(path: list[str | int]) -> None:
    if isinstance(path[0], str):
        assert steps(shown(tuple(path))) == [str(step) for step in path]
