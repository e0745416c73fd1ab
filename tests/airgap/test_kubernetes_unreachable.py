"""The plugin where the API server does not answer, or answers what it should not."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airgap.errors import PluginError
from airgap.kubernetes.client import Client
from airgap.kubernetes.errors import Unreachable
from airgap.kubernetes.kubeconfig import access
from tests.airgap.kubernetes_engine import Engine, Resource, Secret, over_the_wire, sent, urn
from tests.airgap.kubernetes_server import Server, failure, serving

MAP = {"metadata": {"name": "map"}, "data": {"a": "1"}}
TOKEN = "core/v1:ConfigMap"
LIVE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map", "namespace": "own", "uid": "1"}}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def engine(server: Server) -> Engine:
    return Engine.configured(kubeconfig=server.kubeconfig)


@pytest.fixture
def nowhere() -> str:
    """A kubeconfig of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return Server(url=f"http://127.0.0.1:{port}").kubeconfig


def recorded() -> Resource:
    """The map as it was made, before the server was gone."""
    inputs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "map", "namespace": "own"},
        "data": {"a": "1"},
    }
    return Resource(urn(TOKEN, "map"), "own/map", sent(inputs), sent(inputs | LIVE | {"__inputs": inputs}))


def test_a_preview_without_a_cluster_warns_once_and_goes_on(nowhere: str) -> None:
    engine = Engine.configured(kubeconfig=nowhere)
    shown = engine.preview(TOKEN, "map", **MAP)
    engine.preview("core/v1:Namespace", "ns")
    assert shown.asked["metadata"] == {"name": "map", "namespace": "own"}
    assert "namespace" not in engine.preview("core/v1:Namespace", "ns").asked["metadata"]
    assert engine.kinds(recorded(), **MAP | {"data": {"a": "2"}}) == {"data.a": "UPDATE_REPLACE"}
    (warning,) = engine.told.warnings
    assert warning.startswith("configured Kubernetes cluster is unreachable: http://127.0.0.1:")
    assert warning.endswith("Connection refused; check the kubeconfig and the network; "
                            "not checked: whether its API server would accept these objects")  # fmt: skip


def test_without_a_cluster_nothing_is_made_read_or_deleted(nowhere: str) -> None:
    engine = Engine.configured(kubeconfig=nowhere)
    said = "configured Kubernetes cluster is unreachable"
    forget = "if it was deleted, run this again with PULUMI_K8S_DELETE_UNREACHABLE=true"
    with pytest.raises(PluginError, match=said):
        engine.create(TOKEN, "map", **MAP)
    with pytest.raises(PluginError, match=said):
        engine.update(recorded(), **MAP)
    with pytest.raises(PluginError, match=f"{said}.*{forget}"):
        engine.refresh(recorded())
    with pytest.raises(PluginError, match=f"{said}.*{forget}"):
        engine.delete(recorded())


def test_a_cluster_that_was_deleted_may_be_forgotten(nowhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    engine = Engine.configured(kubeconfig=nowhere)
    assert engine.refresh(recorded()) is None
    engine.delete(recorded())
    assert len([each for each in engine.told.warnings if "forgotten" in each]) == 2
    kept = Engine.configured(kubeconfig=nowhere, deleteUnreachable="false", skipUpdateUnreachable="true")
    assert kept.refresh(recorded()) == recorded()


def test_a_server_that_hangs_is_given_up(server: Server) -> None:
    server.answers["GET /version"] = lambda _: (time.sleep(1), (200, {}))[1]
    started = time.monotonic()
    with pytest.raises(Unreachable, match="timed out"):
        Client(access(server.kubeconfig), answer_seconds=0.1).get("/version")
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize("answer", [(200, "<html>"), (200, "[]"), (502, "Bad Gateway"), (500, "[1]")])
def test_what_is_no_api_server_is_told_from_one(server: Server, engine: Engine, answer: Any) -> None:
    server.answers["GET /version"] = answer
    with pytest.raises(PluginError, match=f"it answered {answer[0]} .*, which no API server does"):
        engine.create(TOKEN, "map", **MAP)


def test_a_server_that_is_busy_is_asked_again(server: Server, engine: Engine) -> None:
    answers = iter([(429, failure(429, "TooManyRequests", "busy")), (201, LIVE)])
    server.answers["POST /api/v1/namespaces/own/configmaps"] = lambda _: next(answers)
    assert engine.create(TOKEN, "map", **MAP).id == "own/map"


FORBIDDEN = 'configmaps is forbidden: User "nobody" cannot create resource "configmaps" in API group ""'


def test_what_is_forbidden_is_an_error_with_the_user_in_it_but_not_in_a_preview(server: Server, engine: Engine) -> None:
    server.answers["POST *"] = (403, failure(403, "Forbidden", FORBIDDEN))
    with pytest.raises(PluginError) as refused:
        engine.create(TOKEN, "map", **MAP)
    assert str(refused.value) == (
        f"creating ConfigMap own/map: {FORBIDDEN}; ask the cluster's administrator for that permission, "
        "or take another user"
    )
    shown = engine.preview(TOKEN, "map", **MAP)
    assert shown.state == shown.inputs


def test_the_denial_of_a_webhook_is_an_error_in_a_preview_too(server: Server, engine: Engine) -> None:
    denial = 'admission webhook "v.example.org" denied the request: no\n such  thing.'
    server.answers["POST *"] = (403, failure(403, "", denial))
    with pytest.raises(PluginError) as refused:
        engine.preview(TOKEN, "map", **MAP)
    assert str(refused.value) == (
        'creating ConfigMap own/map: admission webhook "v.example.org" denied the request: no such thing; '
        "correct it in the program"
    )


def test_a_webhook_that_is_not_asked_in_a_dry_run_leaves_the_preview_as_it_is(server: Server, engine: Engine) -> None:
    said = 'admission webhook "v.example.org" does not support dry run'
    server.answers["POST *"] = (400, failure(400, "BadRequest", said))
    shown = engine.preview(TOKEN, "map", **MAP)
    assert shown.state == shown.inputs
    assert server.asked[-1][0].endswith("dryRun=All")


def test_a_server_error_is_one_line(server: Server, engine: Engine) -> None:
    server.answers["POST *"] = (500, failure(500, "InternalError", "etcdserver: request\ntimed out"))
    with pytest.raises(PluginError) as refused:
        engine.create(TOKEN, "map", **MAP)
    assert str(refused.value) == "creating ConfigMap own/map: etcdserver: request timed out"


def test_a_failure_of_discovery_is_one_line(server: Server, engine: Engine) -> None:
    server.answers["GET /api/v1"] = (403, failure(403, "Forbidden", "no"))
    with pytest.raises(PluginError, match=r"^check of map: the API server says: no$"):
        engine.create(TOKEN, "map", **MAP)


def test_a_secret_in_the_servers_words_is_hidden(server: Server, engine: Engine) -> None:
    server.answers["POST *"] = lambda body: (422, failure(422, "Invalid", f"Invalid value: {body['data']['a']!r}"))
    with pytest.raises(PluginError) as refused:
        engine.create(TOKEN, "map", **MAP | {"data": {"a": Secret("geheim")}})
    assert str(refused.value) == ("creating ConfigMap own/map: Invalid value: '[secret]'; correct it in the program")


def test_a_namespace_that_is_on_its_way_is_waited_for(
    server: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airgap.kubernetes.operations._RETRY_SECONDS", (0, 0))
    missing = (404, failure(404, "NotFound", 'namespaces "own" not found'))
    answers = iter([missing, missing, (201, LIVE), missing, missing, missing])
    server.answers["POST *"] = lambda _: next(answers)
    assert engine.create(TOKEN, "map", **MAP).id == "own/map"
    with pytest.raises(PluginError, match='namespaces "own" not found; make it first'):
        engine.create(TOKEN, "map", **MAP)


def test_a_deletion_ends_when_another_object_bears_the_name(server: Server, engine: Engine) -> None:
    server.answers["DELETE *"] = (200, LIVE)
    again = LIVE | {"metadata": LIVE["metadata"] | {"uid": "2"}}
    answers = iter([(200, LIVE), (500, failure(500, "", "a moment")), (200, again)])
    server.answers["GET /api/v1/namespaces/own/configmaps/map"] = lambda _: next(answers)
    engine.delete(recorded())
    assert server.asked[-4][1] == {"propagationPolicy": "Foreground"}


@pytest.mark.parametrize(("value", "policy"), [("background", "Background"), ("Orphan", "Orphan"), ("x", "Foreground")])
def test_how_dependents_are_deleted_is_the_users_choice(
    server: Server, engine: Engine, value: str, policy: str
) -> None:
    server.answers["DELETE *"] = (200, LIVE)
    annotations = {"pulumi.com/deletionPropagationPolicy": value}
    inputs = {"kind": "ConfigMap", "metadata": {"annotations": annotations}}
    state = over_the_wire(sent(LIVE | {"__inputs": inputs}))
    engine.delete(Resource(urn(TOKEN, "map"), "own/map", {}, state))
    assert {"propagationPolicy": policy} in [body for _, body in server.asked]


def test_a_token_that_ran_out_is_made_anew(server: Server, tmp_path: Path) -> None:
    command = tmp_path / "login.py"
    command.write_text(
        "import json, os, pathlib, sys\n"
        "counter = pathlib.Path(sys.argv[1])\nnumber = int(counter.read_text()) + 1 if counter.exists() else 1\n"
        "counter.write_text(str(number))\nassert json.loads(os.environ['KUBERNETES_EXEC_INFO'])['kind']\n"
        "print(json.dumps({'status': {'token': f'{os.environ[\"WHO\"]}-{number}'}}))\n"
    )
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(command), str(tmp_path / "n")],
            "env": [{"name": "WHO", "value": "me"}],
        }
    }
    server.answers["GET /version"] = lambda _: (
        (200, {}) if server.tokens[-1] == "Bearer me-2" else (401, failure(401, "Unauthorized", "Unauthorized"))
    )
    assert Client(access(server.kubeconfig_for(user))).get("/version") == {}
    assert server.tokens == ["Bearer me-1", "Bearer me-2"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'log in\nfirst' >&2; exit 3", "failed: log in first; log in anew"),
        ("echo '{}'", "gave no credentials; log in anew"),
        ("", "cannot run `.*/login`, which the kubeconfig wants: No such file or directory; get it from us"),
    ],
)
def test_a_login_command_that_fails_is_named(server: Server, tmp_path: Path, script: str, said: str) -> None:
    command = tmp_path / "login"
    if script:
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
    user = {"exec": {"command": str(command), "installHint": "get it\nfrom us"}}
    with pytest.raises(PluginError, match=said) as failed:
        Client(access(server.kubeconfig_for(user))).get("/version")
    assert "\n" not in str(failed.value)


def test_a_login_by_password_or_token_is_sent(server: Server, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    for user in ({"username": "a", "password": "b"}, {"token": "t"}, {"tokenFile": str(tmp_path / "token")}):
        Client(access(server.kubeconfig_for(user))).get("/version")
    assert server.tokens == ["Basic YTpi", "Bearer t", "Bearer from a file"]


def test_a_proxy_is_used(server: Server) -> None:
    config = json.loads(server.kubeconfig)
    config["clusters"][0]["cluster"] = {"server": "http://cluster.invalid", "proxy-url": server.url}
    server.answers["GET http://cluster.invalid/version"] = (200, {"from": "the proxy"})
    assert Client(access(json.dumps(config))).get("/version") == {"from": "the proxy"}


def test_what_the_server_warns_of_is_passed_on_once(server: Server, engine: Engine) -> None:
    server.warning = r'299 - "unknown field \"spec.a\""'
    server.answers["POST *"] = (201, LIVE)
    engine.create(TOKEN, "map", **MAP)
    engine.create(TOKEN, "map", **MAP)
    assert engine.told.warnings == ['ConfigMap own/map: unknown field "spec.a"']
    server.warning = '299 - "v1 ConfigMap is deprecated"'
    quiet = Engine.configured(kubeconfig=server.kubeconfig, suppressDeprecationWarnings="true")
    quiet.create(TOKEN, "map", **MAP)
    assert quiet.told.warnings == []
