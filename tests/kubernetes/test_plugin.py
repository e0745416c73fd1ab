"""The stand-in of pulumi-resource-kubernetes on a real API server: what lives, what changes, what is refused."""

from __future__ import annotations

import base64
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from airgap.errors import PartialFailure, PluginError
from airgap.kubernetes.values import UNKNOWN
from airgap.launcher import launcher, write
from airgap.setup import provider_version
from tests.airgap.engine import ROOT, Project
from tests.airgap.kubernetes_engine import Engine, Secret
from tests.kubernetes.conftest import Live

CONFIG_MAP, SECRET, SERVICE, JOB = "core/v1:ConfigMap", "core/v1:Secret", "core/v1:Service", "batch/v1:Job"
CLUSTER = "postgresql.cnpg.io/v1:Cluster"
CATALOG = "postgresql.cnpg.io/v1:ImageCatalog"
IMAGES = {"images": [{"major": 18, "image": "ghcr.io/cloudnative-pg/postgresql:18"}]}
APPS = "apps/v1:Deployment"


def metadata(namespace: str, name: str = "", **annotations: str) -> dict[str, Any]:
    found: dict[str, Any] = {"namespace": namespace}
    if name:
        found["name"] = name
    if annotations:
        found["annotations"] = {f"pulumi.com/{key}": value for key, value in annotations.items()}
    return found


def deployment(namespace: str, image: str = "ghcr.io/cloudnative-pg/postgresql:18", **annotations: str) -> Any:
    container = {
        "name": "sleep",
        "image": image,
        "command": ["sleep", "3600"],
        "resources": {"requests": {"cpu": "1m"}},
    }
    labels = {"app": "sleep"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": metadata(namespace, "sleep", **annotations), "spec": spec}


def test_an_object_lives_its_life(engine: Engine, live: Live, namespace: str) -> None:
    made = engine.create(SERVICE, "db", metadata=metadata(namespace), spec={"ports": [{"port": 80}]})
    assert made.id.startswith(f"{namespace}/db-")
    assert made.values["spec"]["clusterIP"]  # what the server chose is an output
    changed = {"metadata": metadata(namespace), "spec": {"ports": [{"port": 81}]}}
    assert engine.kinds(made, **changed) == {"spec.ports[0].port": "UPDATE"}
    updated = engine.update(made, **changed)
    found = live.get("Service", made.id)
    assert found
    assert [each["port"] for each in found["spec"]["ports"]] == [81]
    assert engine.kinds(updated, **changed) == {}
    engine.delete(updated)
    assert live.get("Service", made.id) is None
    assert engine.refresh(updated) is None
    engine.delete(updated)  # what is gone already is none to delete


def test_a_preview_shows_what_the_server_would_make_and_makes_nothing(
    engine: Engine, live: Live, namespace: str
) -> None:
    shown = engine.preview(SERVICE, "db", metadata=metadata(namespace, "db"), spec={"ports": [{"port": 80}]})
    assert shown.id == ""
    assert shown.values["spec"]["type"] == "ClusterIP"
    assert "status" not in shown.values
    assert live.get("Service", f"{namespace}/db") is None
    made = engine.create(CONFIG_MAP, "map", metadata=metadata(namespace, "map"), data={"a": "1"})
    later = engine.preview_update(made, metadata=metadata(namespace, "map"), data={"a": "2"})
    assert later.values["data"] == {"a": "2"}
    assert (live.get("ConfigMap", made.id) or {})["data"] == {"a": "1"}


def test_an_object_that_the_server_would_refuse_is_refused_by_the_preview(engine: Engine, namespace: str) -> None:
    with pytest.raises(PluginError) as refused:
        engine.preview(
            SERVICE, "db", metadata=metadata(namespace, "db"), spec={"ports": [{"port": 80, "nodePort": 80}]}
        )
    assert str(refused.value) == (
        f'creating Service {namespace}/db: Service "db" is invalid: spec.ports[0].nodePort: Forbidden: may not be used '
        "when `type` is 'ClusterIP'; correct it in the program"
    )


def test_the_denial_of_a_webhook_is_passed_on(engine: Engine, namespace: str) -> None:
    spec = {"instances": 1, "storage": {"size": "1Gi"}, "imageName": "postgresql:latest"}
    with pytest.raises(PluginError) as refused:
        engine.preview(CLUSTER, "db", metadata=metadata(namespace, "db"), spec=spec)
    assert str(refused.value).startswith(f"creating Cluster {namespace}/db: ")
    assert "\n" not in str(refused.value)
    assert "spec.imageName" in str(refused.value)


def test_what_cannot_be_known_yet_is_not_sent(engine: Engine) -> None:
    shown = engine.preview(CONFIG_MAP, "map", metadata={"namespace": UNKNOWN}, data={"a": "1"})
    assert shown.values["metadata"]["namespace"] == UNKNOWN
    assert shown.state == shown.inputs


def test_a_preview_into_a_namespace_that_is_not_there_yet_works(engine: Engine) -> None:
    shown = engine.preview(CONFIG_MAP, "map", metadata=metadata("not-there-yet", "map"), data={"a": "1"})
    assert shown.state == shown.inputs
    assert engine.told.warnings == []


def test_secrets_stay_secret_and_string_data_becomes_data(engine: Engine, namespace: str) -> None:
    inputs = {"metadata": metadata(namespace, "login"), "stringData": {"password": Secret("geheim")}}
    made = engine.create(SECRET, "login", **inputs)
    assert made.state["data"].is_secret
    assert made.values["data"] == {"password": base64.b64encode(b"geheim").decode()}
    assert made.inputs["data"].is_secret
    assert engine.kinds(made, **inputs) == {}
    assert engine.kinds(made, **inputs | {"stringData": {"password": Secret("x")}}) == {
        "data.password": "UPDATE_REPLACE"
    }
    found = engine.read(SECRET, made.id)
    assert found
    assert found.state["data"].is_secret
    assert found.inputs["data"].is_secret


def test_an_error_does_not_show_the_secret_that_it_is_about(engine: Engine, namespace: str) -> None:
    with pytest.raises(PluginError) as refused:
        engine.create(SECRET, "login", metadata=metadata(namespace, "a"), data={"key": Secret("not base64!")})
    assert "not base64!" not in str(refused.value)
    meta = metadata(namespace, "b") | {"labels": {"key": Secret("not a label!")}}
    with pytest.raises(PluginError, match=r"\[secret\]") as refused:
        engine.create(CONFIG_MAP, "map", metadata=meta)
    assert "not a label!" not in str(refused.value)


def test_a_custom_resource_is_like_any_other(engine: Engine, live: Live, namespace: str) -> None:
    made = engine.create(CATALOG, "images", metadata=metadata(namespace), spec=IMAGES)
    assert made.values["spec"] == IMAGES
    image = [IMAGES["images"][0] | {"image": "ghcr.io/cloudnative-pg/postgresql:18.6"}]
    assert engine.kinds(made, metadata=metadata(namespace), spec={"images": image}) == {
        "spec.images[0].image": "UPDATE"
    }
    found = engine.read(CATALOG, made.id)
    assert found
    assert found.values["spec"] == IMAGES
    assert found.asked == {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "ImageCatalog",
        "metadata": {"name": made.id.split("/")[1], "namespace": namespace},
    }


def test_a_refresh_shows_what_others_changed_and_no_more(engine: Engine, live: Live, namespace: str) -> None:
    made = engine.create(CONFIG_MAP, "map", metadata=metadata(namespace, "map"), data={"a": "1"})
    live.merge("ConfigMap", made.id, {"data": {"a": "2", "b": "theirs"}, "metadata": {"labels": {"c": "theirs"}}})
    found = engine.refresh(made)
    assert found
    assert found.asked["data"] == {"a": "2"}
    assert "labels" not in found.asked["metadata"]
    assert found.values["data"] == {"a": "2", "b": "theirs"}
    assert engine.kinds(found, metadata=metadata(namespace, "map"), data={"a": "1"}) == {"data.a": "UPDATE_REPLACE"}


def test_an_object_that_is_there_already_is_not_taken(
    engine: Engine, kubeconfig: str, live: Live, namespace: str
) -> None:
    live.create("ConfigMap", f"{namespace}/map", data={"theirs": "1"})
    inputs = {"metadata": metadata(namespace, "map"), "data": {"ours": "1"}}
    with pytest.raises(PluginError) as refused:
        engine.create(CONFIG_MAP, "map", **inputs)
    assert str(refused.value) == (
        f'creating ConfigMap {namespace}/map: configmaps "map" already exists; adopt it with `pulumi import`, '
        "choose another name, or set the provider's upsertExistingObjects"
    )
    adopting = Engine.configured(kubeconfig=kubeconfig, upsertExistingObjects="true")
    assert adopting.create(CONFIG_MAP, "map", **inputs).values["data"] == {"ours": "1", "theirs": "1"}


def test_fields_that_another_manager_applied_are_named_with_it(engine: Engine, live: Live, namespace: str) -> None:
    inputs = {"metadata": metadata(namespace), "spec": {"ports": [{"port": 80, "name": "a"}]}}
    made = engine.create(SERVICE, "db", **inputs)
    theirs = {"apiVersion": "v1", "kind": "Service", "spec": {"sessionAffinity": "ClientIP"}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": made.values["metadata"]}
    live.cluster.write("PATCH", service, "application/apply-patch+yaml", theirs, fieldManager="them", force="true")
    ours = {"metadata": metadata(namespace), "spec": inputs["spec"] | {"sessionAffinity": "None"}}
    with pytest.raises(PluginError) as refused:
        engine.update(made, **ours)
    assert str(refused.value) == (
        f"updating Service {made.id}: field manager them holds spec.sessionAffinity; leave those fields to it "
        "(ignore_changes), or take them with the annotation pulumi.com/patchForce"
    )
    forced = ours | {"metadata": metadata(namespace, patchForce="true")}
    assert engine.update(made, **forced).values["spec"]["sessionAffinity"] == "None"


def test_what_the_program_no_longer_wants_goes(engine: Engine, live: Live, namespace: str) -> None:
    ports = [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]
    made = engine.create(SERVICE, "db", metadata=metadata(namespace), spec={"ports": ports})
    updated = engine.update(made, metadata=metadata(namespace), spec={"ports": ports[:1]})
    assert [each["port"] for each in updated.values["spec"]["ports"]] == [80]
    managers = {(each["manager"], each["operation"]) for each in updated.values["metadata"]["managedFields"]}
    assert managers == {(updated.values["__fieldManager"], "Apply")}
    again = engine.update(updated, metadata=metadata(namespace), spec={"ports": ports[1:]})
    assert [each["port"] for each in again.values["spec"]["ports"]] == [81]


def test_a_change_of_the_only_port_passes_the_preview_of_a_first_update(engine: Engine, namespace: str) -> None:
    made = engine.create(SERVICE, "db", metadata=metadata(namespace), spec={"ports": [{"port": 80, "name": "a"}]})
    later = {"metadata": metadata(namespace), "spec": {"ports": [{"port": 81, "name": "a"}]}}
    assert [each["port"] for each in engine.preview_update(made, **later).values["spec"]["ports"]] == [81]
    assert [each["port"] for each in engine.update(made, **later).values["spec"]["ports"]] == [81]


def test_a_field_that_is_ignored_stays_as_it_is(engine: Engine, live: Live, namespace: str) -> None:
    inputs = deployment(namespace, skipAwait="true")
    made = engine.create(APPS, "sleep", **inputs)
    live.merge("Deployment", made.id, {"spec": {"replicas": 0}}, "apps/v1", fieldManager="scaler")
    wanted = inputs | {"spec": inputs["spec"] | {"replicas": 1, "minReadySeconds": 1}}
    assert engine.diff(made, ("spec.replicas",), **wanted).diffs == ["spec"]
    updated = engine.update(made, ignore=("spec.replicas",), **wanted)
    assert (updated.values["spec"]["replicas"], updated.values["spec"]["minReadySeconds"]) == (0, 1)


def test_the_first_up_waits_for_what_the_annotation_says(engine: Engine, live: Live, namespace: str) -> None:
    inputs = {"metadata": metadata(namespace, "map", waitFor="jsonpath={.data.ready}=yes"), "data": {"a": "1"}}

    def make_ready() -> None:
        while live.get("ConfigMap", f"{namespace}/map") is None:
            time.sleep(0.05)
        live.merge("ConfigMap", f"{namespace}/map", {"data": {"ready": "yes"}})

    helper = threading.Thread(target=make_ready)
    helper.start()
    made = engine.create(CONFIG_MAP, "map", **inputs)
    helper.join()
    assert made.values["data"] == {"a": "1", "ready": "yes"}
    assert engine.told.statuses[0] == "waiting for jsonpath={.data.ready}=yes"


def test_an_object_that_does_not_get_ready_is_recorded_and_says_why(engine: Engine, namespace: str) -> None:
    spec = {"instances": 1, "storage": {"size": "1Gi"}, "imageName": "ghcr.io/cloudnative-pg/none:18"}
    made, error = engine.unready(
        CLUSTER, "db", 8, metadata=metadata(namespace, "db", waitFor="condition=Ready"), spec=spec
    )
    assert made.id == f"{namespace}/db"
    assert made.values["__inputs"]["spec"] == spec
    assert error.startswith(
        f"Cluster {namespace}/db is there, but not ready after 8 s: still waiting for condition=Ready"
    )
    assert "; phase: Setting up primary; phaseReason: " in error
    assert "condition Ready is False (ClusterIsNotReady: Cluster Is Not Ready)" in error
    assert "; warning Failed of Pod db-1-initdb-" in error
    assert "\n" not in error
    engine.delete(made)


def test_warnings_about_an_object_are_in_the_error(engine: Engine, namespace: str) -> None:
    inputs = deployment(namespace, timeoutSeconds="1")
    inputs["spec"]["template"]["spec"]["serviceAccountName"] = "nobody"
    made, error = engine.unready(APPS, "sleep", 0, **inputs)
    assert "not ready after 1 s: still waiting for 1 available pods, of which there are 0" in error
    assert "condition ReplicaFailure is True (FailedCreate: " in error
    with pytest.raises(PartialFailure, match="is there, but still waits for 1 available pods"):
        engine.refresh(made)
    engine.delete(made)


def test_a_deployment_is_ready_when_its_pods_are(engine: Engine, live: Live, namespace: str) -> None:
    made = engine.create(APPS, "sleep", **deployment(namespace))
    assert made.values["status"]["availableReplicas"] == 1
    assert engine.kinds(made, **deployment(namespace)) == {}
    changed = deployment(namespace)
    changed["spec"]["selector"]["matchLabels"] = {"app": "other"}
    diff = engine.diff(made, **changed)
    assert diff.replaces == ["spec.selector.matchLabels.app"]
    assert diff.delete_before_replace
    engine.delete(made)
    assert live.get("Deployment", made.id, "apps/v1") is None


def test_an_annotation_lets_it_not_wait(engine: Engine, namespace: str) -> None:
    made = engine.create(APPS, "sleep", **deployment(namespace, image="none", skipAwait="true"))
    assert made.id == f"{namespace}/sleep"


def test_a_kind_that_nobody_installed_is_no_matter_for_a_preview(
    engine: Engine, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, inputs = "example.org/v1:Thing", {"metadata": metadata(namespace, "t"), "spec": {}}
    assert engine.preview(token, "t", **inputs).asked["metadata"]["namespace"] == namespace
    assert engine.told.warnings == [
        f"Thing {namespace}/t: there is no CustomResourceDefinition for it yet in the API group example.org; "
        "not checked"
    ]
    monkeypatch.setattr("airgap.kubernetes.operations._RETRY_SECONDS", (0,))
    with pytest.raises(PluginError) as refused:
        engine.create(token, "t", **inputs)
    assert str(refused.value) == (
        f'creating Thing {namespace}/t: no matches for kind "Thing" in version "example.org/v1": the API group '
        "example.org has no such CustomResourceDefinition here; install the operator that brings it"
    )


def test_the_kind_of_a_program_comes_to_be_before_its_objects(engine: Engine, live: Live, namespace: str) -> None:
    group = f"{namespace}.example.org"
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
            }
        },
    }
    names = {"kind": "Thing", "plural": "things"}
    crd = {
        "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "names": names, "scope": "Cluster", "versions": [version]},
    }
    shown = engine.preview("apiextensions.k8s.io/v1:CustomResourceDefinition", "things", **crd)
    assert engine.preview(f"{group}/v1:Thing", "t", metadata={"name": "t"}, spec={"a": 1}).asked["metadata"] == {
        "name": "t"  # cluster-wide, as the definition says that is only previewed
    }
    assert engine.told.warnings == []
    definition = engine.create("apiextensions.k8s.io/v1:CustomResourceDefinition", "things", **crd)
    try:
        assert shown.asked["spec"] == definition.asked["spec"]
        # The cluster's garbage collector looks for new kinds every half minute; until then, a deletion in the
        # foreground waits for it.
        quick = {"name": "t", "annotations": {"pulumi.com/deletionPropagationPolicy": "background"}}
        thing = engine.create(f"{group}/v1:Thing", "t", metadata=quick, spec={"a": 1})
        assert thing.id == "t"
        assert engine.kinds(definition, **crd) == {}
        version["additionalPrinterColumns"] = [{"name": "A", "type": "integer", "jsonPath": ".spec.a"}]
        assert engine.update(definition, **crd).values["spec"]["versions"][0]["additionalPrinterColumns"]
        engine.delete(thing)
    finally:
        engine.delete(definition)
    assert engine.refresh(thing) is None  # its kind is gone, and it with it


def test_the_default_namespace_is_the_contexts_or_the_providers(
    kubeconfig: str, engine: Engine, namespace: str
) -> None:
    assert engine.preview(CONFIG_MAP, "map").asked["metadata"]["namespace"] == "default"
    there = Engine.configured(kubeconfig=kubeconfig, namespace=namespace)
    assert there.create(CONFIG_MAP, "map").id.startswith(f"{namespace}/map-")
    role = there.preview("rbac.authorization.k8s.io/v1:ClusterRole", "role")
    assert "namespace" not in role.asked["metadata"]


def test_a_deletion_that_a_finalizer_holds_up_says_so_in_time(engine: Engine, live: Live, namespace: str) -> None:
    meta = metadata(namespace, "map") | {"finalizers": ["example.org/wait"]}
    made = engine.create(CONFIG_MAP, "map", metadata=meta)
    with pytest.raises(PluginError) as refused:
        engine.delete(made, timeout=1)
    assert str(refused.value) == (
        f"deleting ConfigMap {namespace}/map: still there after 1 s; its finalizers wait: example.org/wait"
    )
    live.merge("ConfigMap", made.id, {"metadata": {"finalizers": None}})
    engine.delete(made)


def test_an_interrupt_ends_the_waiting(engine: Engine, namespace: str) -> None:
    threading.Timer(0.5, engine.provider._stop.set).start()
    started = time.monotonic()
    inputs = {"metadata": metadata(namespace, "map", waitFor="condition=Never"), "data": {}}
    made, error = engine.unready(CONFIG_MAP, "map", 60, **inputs)
    assert time.monotonic() - started < 20
    assert "is there, but interrupted: still waiting for condition=Never" in error
    assert made.id == f"{namespace}/map"


def test_what_a_user_may_not_do_is_said_with_the_user(engine: Engine, kubeconfig: str, namespace: str) -> None:
    config = Path(kubeconfig).read_text()
    nobody = "\n".join(line for line in config.splitlines() if not line.startswith("users:"))
    nobody += '\nusers: [{name: admin, user: {token: "not one"}}]\n'
    with pytest.raises(PluginError, match="it refuses this user: Unauthorized"):
        Engine.configured(kubeconfig=nobody).create(CONFIG_MAP, "map", metadata=metadata(namespace))


PROGRAM = """
import pulumi, pulumi_kubernetes as k8s
there = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig=pulumi.Config().require("kubeconfig")))
namespace = k8s.core.v1.Namespace("ns", opts=there)
inside = {"namespace": namespace.metadata.name}
password = {"password": pulumi.Output.secret("geheim")}
login = k8s.core.v1.Secret("login", metadata=inside, string_data=password, opts=there)
catalog = k8s.apiextensions.CustomResource("images", api_version="postgresql.cnpg.io/v1", kind="ImageCatalog",
    metadata=inside, spec={"images": [{"major": 18, "image": "postgresql:18"}]}, opts=there)
found = k8s.core.v1.Secret.get("found", login.id, opts=there)
pulumi.export("password", found.data["password"])
pulumi.export("namespace", namespace.metadata.name)
"""


def test_a_real_engine_goes_through_a_whole_life(kubeconfig: str, live: Live, tmp_path: Path) -> None:
    project = Project.create(tmp_path, PROGRAM)
    plugin = f"home/plugins/resource-kubernetes-v{provider_version('kubernetes')}/pulumi-resource-kubernetes"
    write(tmp_path / plugin, launcher(Path(sys.executable), ROOT, "airgap.kubernetes.plugin"))
    project.pulumi("config", "set", "kubeconfig", kubeconfig, check=True)
    assert "5 to create" in project.pulumi("preview", check=True)[1]
    project.pulumi("up", "--yes", "--skip-preview", check=True)
    namespace = project.pulumi("stack", "output", "namespace", check=True)[1].strip()
    assert live.get("Namespace", namespace)
    assert "geheim" not in project.pulumi("stack", "export", check=True)[1]
    password = project.pulumi("stack", "output", "password", "--show-secrets", check=True)[1].strip()
    assert base64.b64decode(password) == b"geheim"
    project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", check=True)
    project.pulumi("refresh", "--yes", "--expect-no-changes", check=True)
    project.pulumi("destroy", "--yes", "--skip-preview", check=True)
    assert live.get("Namespace", namespace) is None
