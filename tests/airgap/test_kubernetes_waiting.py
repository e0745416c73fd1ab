"""What the plugin waits for, by annotation and by kind. No server runs here."""

from __future__ import annotations

from typing import Any

import pytest

from airgap.errors import PluginError
from airgap.kubernetes.conditions import parsed
from airgap.kubernetes.errors import ApiError
from airgap.kubernetes.managers import adopted, is_adoptable, manager_of, without_ignored
from airgap.kubernetes.objects import Kind
from airgap.kubernetes.readiness import check_of
from airgap.kubernetes.waiting import seconds


def with_condition(status: str = "True", **more: Any) -> dict[str, Any]:
    return {"metadata": {"generation": 2}, "status": {"conditions": [{"type": "Ready", "status": status, **more}]}}


OLDER = with_condition()
OLDER["status"]["observedGeneration"] = 1
PHASE = {"status": {"phase": "Cluster in healthy state", "ready": 3, "list": [{"a": True}]}}


@pytest.mark.parametrize(
    ("annotation", "obj", "holds"),
    [
        ("condition=Ready", with_condition(), True),
        ("condition=ready", with_condition(), True),
        ("condition=Ready", with_condition("False"), False),
        ("condition=Ready=False", with_condition("False"), True),
        ("condition=Other", with_condition(), False),
        ("condition=Ready", {}, False),
        ("condition=Ready", with_condition(observedGeneration=1), False),
        ("condition=Ready", with_condition(observedGeneration=2), True),
        ("condition=Ready", OLDER, False),
        ("jsonpath={.status.phase}", PHASE, True),
        ("jsonpath={ .status.phase }=Cluster in healthy state", PHASE, True),
        ("jsonpath={.status.phase}=Other", PHASE, False),
        ("jsonpath={.status.none}", PHASE, False),
        ("jsonpath={.status.ready}=3", PHASE, True),
        ("jsonpath={$.status.list[0].a}=true", PHASE, True),
        ("jsonpath={.status.list[?@.a==true]}", PHASE, True),
        ("jsonpath={.status.list}=x", PHASE, False),
        ("jsonpath={.status.conditions}", OLDER, False),
    ],
)  # fmt: skip
def test_a_condition_holds_as_it_does_for_kubectl(annotation: str, obj: Any, holds: bool) -> None:
    ((text, condition),) = parsed(annotation)
    assert (text, condition(obj)) == (annotation, holds)


def test_a_list_has_several_conditions() -> None:
    found = parsed('["condition=Ready", "jsonpath={.status.phase}=x"]')
    assert [condition(with_condition()) for _, condition in found] == [True, False]


@pytest.mark.parametrize(
    "wrong",
    ["Ready", "jsonpath=.status", "jsonpath={.a}=", "jsonpath={.a}=b=c", "jsonpath={[}", "[]", "[1]", '{"a": 1}'],
)
def test_what_is_no_condition_is_an_error_that_says_what_is(wrong: str) -> None:
    with pytest.raises(PluginError, match=r"the annotation pulumi\.com/waitFor has `.*`; it takes `condition=TYPE`"):
        parsed(wrong)


def nobody(_: Any) -> dict[str, Any]:
    raise ApiError({"code": 404})


def awaited(kind: str, obj: dict[str, Any], read: Any = nobody, waited: float = 0) -> str:
    group, name = kind.split("/")
    check = check_of(Kind(group, "v1", name))
    assert check
    return check({"metadata": {"name": "a", "generation": 2}} | obj, read, waited)


AVAILABLE = {"conditions": [{"type": "Available", "status": "True"}], "observedGeneration": 2}
SCHEDULED = {"observedGeneration": 2, "desiredNumberScheduled": 1}
ROLLED_OUT = AVAILABLE | {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


@pytest.mark.parametrize(
    ("kind", "obj", "expected"),
    [
        ("apps/Deployment", {"status": ROLLED_OUT}, ""),
        ("apps/Deployment", {"spec": {"replicas": 2}, "status": ROLLED_OUT}, "2 available pods, of which there are 1"),
        ("apps/Deployment", {"status": ROLLED_OUT | {"observedGeneration": 1}}, "the controller to take notice"),
        ("apps/Deployment", {"status": ROLLED_OUT | {"replicas": 2}}, "1 available pods, of which there are 1"),
        ("apps/Deployment", {"spec": {"replicas": 0}, "status": AVAILABLE}, ""),
        ("apps/StatefulSet", {"status": {"observedGeneration": 2, "readyReplicas": 1, "updatedReplicas": 1}}, ""),
        ("apps/StatefulSet", {"status": {"observedGeneration": 2}}, "1 ready pods, of which there are 0"),
        ("apps/DaemonSet", {"status": SCHEDULED}, "1 ready pods, of which there are 0"),
        ("apps/DaemonSet", {"status": SCHEDULED | {"numberReady": 1, "updatedNumberScheduled": 1}}, ""),
        ("batch/Job", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, ""),
        ("batch/Job", {}, "the job to complete"),
        ("/Service", {"spec": {"clusterIP": "None", "selector": {"a": "b"}}}, ""),
        ("/Service", {"spec": {"ports": []}}, ""),
        ("/Service", {"spec": {"selector": {"a": "b"}}}, "pods that match spec.selector"),
        ("/Service", {"spec": {"type": "LoadBalancer"}}, "an address from the cloud; does this cluster have them?"),
        ("/Secret", {"type": "Opaque"}, ""),
        ("apiextensions.k8s.io/CustomResourceDefinition", {}, "the kind to be established"),
        ("/Secret", {"type": "kubernetes.io/service-account-token"}, "a token for the service account"),
    ],
)  # fmt: skip
def test_each_kind_is_ready_in_its_own_way(kind: str, obj: dict[str, Any], expected: str) -> None:
    assert awaited(kind, obj) == expected


def test_a_service_waits_for_pods_that_are_not_ready_but_not_long_for_those_that_are_not_there() -> None:
    service = {"spec": {"selector": {"a": "b"}}}
    assert awaited("/Service", service, waited=10) == ""
    pending = {"subsets": [{"notReadyAddresses": [{"ip": "10.0.0.1"}]}]}
    assert awaited("/Service", service, lambda _: pending, 10) == "the pods that it selects to be ready"
    assert awaited("/Service", service, lambda _: {"subsets": [{"addresses": []}]}) == ""


def test_most_kinds_are_ready_as_soon_as_they_are_there() -> None:
    assert check_of(Kind("", "v1", "Namespace")) is None
    assert check_of(Kind("postgresql.cnpg.io", "v1", "Cluster")) is None


def test_the_custom_timeout_wins_over_the_annotation() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "30"}}}
    assert (seconds(annotated, 5), seconds(annotated, 0), seconds({}, 0)) == (5, 30, 600)
    assert seconds({"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "long"}}}, 0) == 600


def field(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_a_resource_takes_over_what_its_creator_holds() -> None:
    status = field("kubectl", "Update", {"f:status": {}}, subresource="status")
    live = {
        "metadata": {
            "managedFields": [
                field("pulumi-kubernetes", "Update", {"f:spec": {"f:a": {}}}),
                status,
                field("own", "Apply", {"f:spec": {"f:b": {}}}),
            ]
        }
    }
    assert is_adoptable(live)
    assert adopted(live, "own") == [field("own", "Apply", {"f:spec": {"f:a": {}, "f:b": {}}}), status]
    assert not is_adoptable({"metadata": {"managedFields": [status]}})


def test_an_ignored_field_is_left_to_who_manages_it_or_sent_as_it_is() -> None:
    inputs = {"spec": {"a": 1, "b": 1, "c": 1}}
    managed = [field("own", "Apply", {"f:spec": {"f:b": {}}}), field("them", "Update", {"f:spec": {"f:a": {}}})]
    live = {"metadata": {"managedFields": managed}, "spec": {"a": 2, "b": 2}}
    assert without_ignored(inputs, live, "own", ["spec.a", "spec.b", "spec.c", "spec.d.e"]) == {
        "spec": {"b": 2, "c": 1}
    }


def test_the_manager_is_the_annotations_or_the_recorded_one_or_new() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "mine"}}}
    assert manager_of(annotated, {"__fieldManager": "old"}) == "mine"
    assert manager_of({}, {"__fieldManager": "old"}) == "old"
    assert len(manager_of({}, {}).removeprefix("pulumi-kubernetes-")) == 8
