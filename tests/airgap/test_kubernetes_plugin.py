"""The plugin as a process of its own, spoken to over gRPC as the engine does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import grpc
import pulumi_kubernetes
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from airgap.kubernetes.plugin import VERSION
from tests.airgap.engine import ROOT
from tests.airgap.kubernetes_server import Server, failure, serving

MAP = "urn:pulumi:test::project::kubernetes:core/v1:ConfigMap::map"
LIVE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map", "namespace": "own", "uid": "1"}}


class Shown(engine_pb2_grpc.EngineServicer):
    """The engine's side: what a user would be shown."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, bool]] = []

    def Log(self, request: engine_pb2.LogRequest, _context: Any) -> empty_pb2.Empty:
        self.lines.append((engine_pb2.LogSeverity.Name(request.severity), request.message, request.ephemeral))
        return empty_pb2.Empty()


@dataclass(frozen=True)
class Plugin:
    """A running plugin, and what it had the engine show."""

    process: subprocess.Popen[str]
    stub: ResourceProviderStub
    shown: Shown

    def interrupted(self) -> str:
        """What the plugin printed on standard error, after it was interrupted and has ended."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=10)
        return errors

    def create(self, **inputs: Any) -> pb.CreateResponse:
        checked = self.stub.Check(pb.CheckRequest(urn=MAP, news=properties(**inputs))).inputs
        return self.stub.Create(pb.CreateRequest(urn=MAP, properties=checked, timeout=0.1))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.answers["POST /api/v1/namespaces/own/configmaps"] = (201, LIVE)
        server.answers["GET /api/v1/namespaces/own/configmaps/map"] = (200, LIVE)
        yield server


@pytest.fixture
def plugin(server: Server) -> Iterator[Plugin]:
    shown = Shown()
    engine = grpc.server(futures.ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(shown, engine)
    address = f"127.0.0.1:{engine.add_insecure_port('127.0.0.1:0')}"
    engine.start()
    command = [sys.executable, "-c", "from airgap.kubernetes.plugin import main; main()", address]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            stub = ResourceProviderStub(channel)
            stub.Configure(pb.ConfigureRequest(args=properties(kubeconfig=server.kubeconfig), acceptSecrets=True))
            yield Plugin(process, stub, shown)
        process.kill()
    engine.stop(None)


def properties(**values: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def warning(number: int, name: str) -> dict[str, Any]:
    """An event of that day of the month."""
    about = {"kind": "Pod", "name": name}
    when = f"2026-01-0{number}T00:00:00Z"
    return {"reason": f"R{number}", "message": "no\nspace", "lastTimestamp": when, "involvedObject": about}


def test_an_object_lives_its_life(plugin: Plugin, server: Server) -> None:
    made = plugin.create(metadata={"name": "map"})
    assert (made.id, made.properties["kind"]) == ("own/map", "ConfigMap")
    changed = properties(
        metadata={"name": "map", "namespace": "own"}, data={"a": "1"}, kind="ConfigMap", apiVersion="v1"
    )
    diff = plugin.stub.Diff(pb.DiffRequest(urn=MAP, id=made.id, olds=made.properties, news=changed))
    assert (diff.changes, list(diff.replaces)) == (pb.DiffResponse.DIFF_SOME, ["data"])
    assert diff.detailedDiff["data"].kind == pb.PropertyDiff.ADD_REPLACE
    assert plugin.stub.Read(pb.ReadRequest(urn=MAP, id=made.id)).properties["metadata"]["uid"] == "1"
    del server.answers["GET /api/v1/namespaces/own/configmaps/map"]
    plugin.stub.Delete(pb.DeleteRequest(urn=MAP, id=made.id, properties=made.properties))
    assert plugin.stub.Read(pb.ReadRequest(urn=MAP, id=made.id)).id == ""
    assert plugin.interrupted() == ""
    assert plugin.process.returncode == 0


def test_an_object_that_is_not_ready_is_recorded_with_the_error(plugin: Plugin, server: Server) -> None:
    live = LIVE | {"metadata": LIVE["metadata"] | {"annotations": {"pulumi.com/waitFor": "condition=Ready"}}}
    live |= {"status": {"phase": "Setting up", "conditions": [{"type": "Ready", "status": "False"}]}}
    server.answers["POST /api/v1/namespaces/own/configmaps"] = (201, live)
    server.answers["GET /api/v1/namespaces/own/configmaps/map"] = (200, live)
    events = [warning(2, "map"), warning(4, "map"), warning(1, "map"), warning(3, "map-1"), warning(5, "maps")]
    server.answers["GET /api/v1/namespaces/own/events"] = (200, {"items": events})
    with pytest.raises(grpc.RpcError) as failed:
        plugin.create(metadata={"name": "map"})
    assert failed.value.details() == (
        "ConfigMap own/map is there, but not ready after 0.1 s: still waiting for condition=Ready; phase: Setting up; "
        "condition Ready is False; warning R2: no space; warning R3 of Pod map-1: no space; warning R4: no space"
    )
    (details,) = (value for key, value in failed.value.trailing_metadata() if key == "grpc-status-details-bin")
    recorded = pb.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(details).details[0].Unpack(recorded)
    assert recorded.id == "own/map"
    assert recorded.properties["status"]["phase"] == "Setting up"
    assert recorded.properties["__inputs"]["metadata"]["name"] == "map"
    assert ("INFO", "waiting for condition=Ready (Setting up)", True) in plugin.shown.lines
    assert plugin.interrupted() == ""


def test_an_error_is_one_line_and_nothing_on_standard_error(plugin: Plugin, server: Server) -> None:
    server.answers["POST /api/v1/namespaces/own/configmaps"] = (
        409,
        failure(409, "AlreadyExists", 'configmaps "map" already exists'),
    )
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(metadata={"name": "map"})
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.details().startswith('creating ConfigMap own/map: configmaps "map" already exists; adopt it')
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Invoke(pb.InvokeRequest(tok="kubernetes:yaml:decode"))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert plugin.interrupted() == ""


def test_a_mistake_of_our_own_is_one_line_without_a_value(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Delete(pb.DeleteRequest(urn=MAP, properties=properties(__inputs="geheim")))  # no state that we made
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert refused.value.details().startswith("a mistake in the airgap stand-in: ")
    assert "geheim" not in refused.value.details()
    assert plugin.interrupted() == ""


def test_a_cluster_that_is_not_there_is_told_to_the_engine_once(plugin: Plugin, server: Server) -> None:
    server.answers["GET /version"] = (502, "Bad Gateway")
    news = properties(metadata={"name": "map"})
    for _ in range(2):
        plugin.stub.Check(pb.CheckRequest(urn=MAP, news=news))
    ((severity, message, ephemeral),) = plugin.shown.lines
    assert (severity, ephemeral) == ("WARNING", False)
    assert "it answered 502 Bad Gateway, which no API server does" in message


def test_an_interrupt_ends_the_plugin_while_the_server_is_silent(plugin: Plugin, server: Server) -> None:
    reached, done = threading.Event(), threading.Event()

    def hang(_: Any) -> tuple[int, Any]:
        reached.set()
        done.wait(20)
        return 200, {}

    server.answers["GET /version"] = hang
    pending = plugin.stub.Check.future(pb.CheckRequest(urn=MAP, news=properties(metadata={"name": "map"})))
    assert reached.wait(10)
    assert plugin.interrupted() == ""
    done.set()
    assert pending.exception() is not None


def test_the_provider_is_replaced_where_its_cluster_is_another(plugin: Plugin, server: Server) -> None:
    olds = properties(kubeconfig=server.kubeconfig)
    other = properties(kubeconfig=server.kubeconfig.replace("127.0.0.1", "127.0.0.2"))
    request = pb.DiffRequest(urn="urn", id="id", olds=olds, news=other)
    answer = plugin.stub.DiffConfig(request)
    assert (answer.changes, list(answer.replaces)) == (pb.DiffResponse.DIFF_SOME, ["kubeconfig"])
    same = plugin.stub.DiffConfig(pb.DiffRequest(urn="urn", id="id", olds=olds, news=olds))
    assert (same.changes, list(same.replaces)) == (pb.DiffResponse.DIFF_UNKNOWN, [])


def test_the_version_is_the_official_plugins(plugin: Plugin) -> None:
    wanted = json.loads((files(pulumi_kubernetes) / "pulumi-plugin.json").read_text())
    assert plugin.stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION == wanted["version"]
