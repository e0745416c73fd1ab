"""The plugin as a process of its own, spoken to over gRPC as the engine does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from tests.airgap.conftest import Names, Place, options_for

ROOT = Path(__file__).parent.parent.parent
ROLE = "urn:pulumi:test::project::postgresql:index/role:Role::app"
COMMAND = [sys.executable, "-c", "from airgap.postgresql.plugin import main; main()", "127.0.0.1:1"]


@dataclass(frozen=True)
class Plugin:
    """A running plugin."""

    process: subprocess.Popen[str]
    stub: ResourceProviderStub

    def interrupted(self) -> str:
        """What the plugin printed on standard error, after it was interrupted and has ended."""
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=10)
        return errors


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    process = subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Plugin(process, ResourceProviderStub(channel))
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def properties(**values: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def configure(plugin: Plugin, place: Place, **options: str) -> pb.ConfigureResponse:
    args = {name: str(value) for name, value in options_for(place.login).items()} | options
    answer: pb.ConfigureResponse = plugin.stub.Configure(
        pb.ConfigureRequest(args=properties(**args), acceptSecrets=True)
    )
    return answer


def test_a_role_lives_its_life(plugin: Plugin, place: Place, names: Names) -> None:
    answer = configure(plugin, place)
    assert (answer.acceptSecrets, answer.supportsPreview) == (True, True)
    news = properties(name=names("app"), roles=[])
    checked = plugin.stub.Check(pb.CheckRequest(urn=ROLE, news=news)).inputs
    made = plugin.stub.Create(pb.CreateRequest(urn=ROLE, properties=checked))
    assert made.id == names("app")
    changed = properties(**dict(checked.items()) | {"login": True})
    diff = plugin.stub.Diff(pb.DiffRequest(urn=ROLE, id=made.id, olds=made.properties, news=changed))
    assert diff.changes == pb.DiffResponse.DIFF_SOME
    assert diff.detailedDiff["login"].kind == pb.PropertyDiff.UPDATE
    update = pb.UpdateRequest(urn=ROLE, id=made.id, olds=made.properties, news=changed)
    assert plugin.stub.Update(update).properties["login"] is True
    read = pb.ReadRequest(urn=ROLE, id=made.id, properties=made.properties, inputs=checked)
    assert plugin.stub.Read(read).inputs["login"] is True
    plugin.stub.Delete(pb.DeleteRequest(urn=ROLE, id=made.id, properties=made.properties))
    assert plugin.stub.Read(read).id == ""
    assert plugin.interrupted() == ""
    assert plugin.process.returncode == 0


def test_options_that_change_are_for_the_engine_to_compare(plugin: Plugin) -> None:
    request = pb.DiffRequest(urn="urn", id="id", olds=properties(host="a"), news=properties(host="b"))
    assert plugin.stub.DiffConfig(request).changes == pb.DiffResponse.DIFF_UNKNOWN
    answer = plugin.stub.CheckConfig(pb.CheckRequest(urn="urn", news=properties(hots="a", port="1")))
    assert [(each.property, each.reason) for each in answer.failures] == [
        ("hots", "the provider has no property `hots`; did you mean `host`?")
    ]


def test_a_check_reports_failures(plugin: Plugin) -> None:
    answer = plugin.stub.Check(pb.CheckRequest(urn=ROLE, news=properties(logn=True)))
    assert [(each.property, each.reason) for each in answer.failures] == [
        ("logn", "Role has no property `logn`; did you mean `login`?")
    ]


def test_an_error_is_one_line_and_nothing_on_standard_error(plugin: Plugin, place: Place) -> None:
    configure(plugin, place)
    checked = plugin.stub.Check(pb.CheckRequest(urn=ROLE, news=properties(name="postgres"))).inputs
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Create(pb.CreateRequest(urn=ROLE, properties=checked))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.details() == (
        'creating Role app: role "postgres" already exists (SQLSTATE 42710); '
        "adopt it with `pulumi import postgresql:index/role:Role app 'postgres'`, or choose another name"
    )
    assert plugin.interrupted() == ""


def test_a_mistake_of_our_own_is_one_line_without_a_value(plugin: Plugin, place: Place) -> None:
    configure(plugin, place)
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Create(pb.CreateRequest(urn=ROLE, properties=properties(password="12345")))  # it passed no check
    assert refused.value.code() == grpc.StatusCode.INTERNAL
    assert refused.value.details().startswith("a mistake in the airgap stand-in: AttributeError at ")
    assert "12345" not in refused.value.details()
    assert plugin.interrupted() == ""


def test_what_the_plugin_does_not_do_is_an_error_of_one_line(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Handshake(pb.ProviderHandshakeRequest())
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Invoke(pb.InvokeRequest(tok="postgresql:index/getSchemas:getSchemas"))
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as refused:
        plugin.stub.Check(pb.CheckRequest(urn=ROLE.replace("role:Role", "server:Server")))
    assert "postgresql:index/server:Server is not supported by the airgap stand-in" in refused.value.details()
    assert plugin.interrupted() == ""


def test_the_version_is_the_official_plugins(plugin: Plugin) -> None:
    assert plugin.stub.GetPluginInfo(empty_pb2.Empty()).version == "3.18.2"


def test_the_plugin_ends_in_time_though_a_server_does_not_answer(plugin: Plugin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = properties(host="127.0.0.1", port=str(silent.getsockname()[1]), sslmode="disable")
        plugin.stub.Configure(pb.ConfigureRequest(args=options))
        pending = plugin.stub.Create.future(pb.CreateRequest(urn=ROLE, properties=properties(name="app")))
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)
            assert plugin.interrupted() == ""
        assert pending.exception() is not None


def test_the_plugin_ends_when_the_engine_died() -> None:
    pipes = "stdout=subprocess.PIPE, stderr=subprocess.DEVNULL"
    start = f"import subprocess; p = subprocess.Popen({COMMAND!r}, {pipes}); print(p.pid, p.stdout.readline())"
    said = subprocess.run([sys.executable, "-c", start], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    pid = int(said.split()[0])
    deadline = time.monotonic() + 10
    try:
        while running(pid):
            assert time.monotonic() < deadline, "the plugin is still there"
            time.sleep(0.1)
    finally:
        if running(pid):
            os.kill(pid, signal.SIGKILL)


def running(pid: int) -> bool:
    """Whether there is such a process, and not only its exit status for a parent to fetch."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_port_comes_soon_enough() -> None:
    started = time.monotonic()
    process = subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    assert time.monotonic() - started < 5
    assert 0 < port < 65536
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
