"""A tunnel to a real Cluster, and the wait for one that changes."""

from __future__ import annotations

import contextlib
import copy
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from infra.connection import ConnectionFailed
from infra.kubernetes import tunnel
from infra.kubernetes.way import Way
from infra.resources import ResourceError
from infra.resources.cluster_access import ClusterAccessProvider, way_to
from infra.resources.cluster_guard import ClusterGuardProvider
from tests.kubernetes.conftest import Live
from tests.kubernetes.project import IMAGE, primary, quiet_port, until, wait_until_healthy
from tests.servers import ROOT

API = "postgresql.cnpg.io/v1"
USER, PASSWORD = "administrator", "a-password-for-tests"
SPEC: dict[str, Any] = {
    "instances": 1,
    "imageName": IMAGE,
    "storage": {"size": "1Gi"},
    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
    "certificates": {"serverAltDNSNames": ["localhost"]},
    "postgresql": {"parameters": {"shared_buffers": "32MB"}},
    "bootstrap": {
        "initdb": {
            "database": USER,
            "owner": USER,
            "secret": {"name": "db-administrator"},
            "postInitSQL": [f"ALTER ROLE {USER} CREATEROLE CREATEDB"],
        }
    },
}


@pytest.fixture(scope="module")
def props(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The inputs of a ClusterAccess, whose Cluster of one instance is up; both may be changed by tests."""
    with new_cluster(live, tmp_path_factory.mktemp("access"), SPEC) as found:
        yield found


@contextlib.contextmanager
def new_cluster(live: Live, folder: Path, spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The inputs of a ClusterAccess to a new Cluster, which is up; it is removed afterwards."""
    namespace = f"test-{quiet_port()}"
    found = {
        "namespace": namespace,
        "cluster": "db",
        "fingerprint": json.dumps(manifest(namespace, spec)),
        "access": "tunnel",
        "host": "localhost",
        "port": quiet_port(),
        "user": USER,
        "password": PASSWORD,
        "database": "creativeflow",
        "ca_file": str(folder / "ca.pem"),
        "timeout": 180,
    }
    live.create("Namespace", namespace)
    try:
        live.create(
            "Secret",
            f"{namespace}/db-administrator",
            type="kubernetes.io/basic-auth",
            stringData={"username": USER, "password": PASSWORD},
            metadata={"namespace": namespace, "name": "db-administrator", "labels": {"cnpg.io/reload": "true"}},
        )
        live.create("Cluster", f"{namespace}/db", API, spec=spec)
        ClusterAccessProvider().create(found)
        yield found
    finally:
        live.delete("Namespace", namespace)


def manifest(namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"namespace": namespace, "name": "db"}
    return {"apiVersion": API, "kind": "Cluster", "metadata": metadata, "spec": spec}


@pytest.fixture
def way(props: dict[str, Any]) -> Way:
    """The open way to that Cluster."""
    return way_to(props)


def test_many_sessions_at_once_and_refused_logins_are_borne(way: Way, props: dict[str, Any]) -> None:
    failed: list[object] = []

    def work(number: int) -> None:
        try:
            with way.login.connect() as connection:
                for _ in range(20):
                    assert connection.execute("SELECT %s::int", (number,)).fetchone() == (number,)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        with pytest.raises(ConnectionFailed, match="password authentication failed"):
            way_to({**props, "password": "wrong"}).login.connect()
    for thread in threads:
        thread.join()
    assert failed == []


def test_fifty_megabytes_pass_both_ways(way: Way) -> None:
    block = b"x" * 1023 + b"\n"
    with way.login.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE TEMP TABLE big (text text)")
        with connection.cursor().copy("COPY big FROM STDIN") as copy_in:
            for _ in range(50):
                copy_in.write(block * 1024)
        with connection.cursor().copy("COPY big TO STDOUT") as copy_out:
            assert sum(len(data) for data in copy_out) == 50 * 1024 * 1024


def test_a_certificate_of_another_authority_is_refused(props: dict[str, Any]) -> None:
    with pytest.raises(ConnectionFailed, match="certificate"):
        way_to({**props, "ca_file": str(ROOT / "tests" / "stack" / "tls" / "ca.pem")}).login.connect()


CHANGES = {
    "restart": ({"postgresql": {"parameters": {"shared_buffers": "40MB"}}}, "SHOW shared_buffers", "40MB"),
    "reload": ({"postgresql": {"parameters": {"work_mem": "5MB"}}}, "SHOW work_mem", "5MB"),
    "resources": ({"resources": {"limits": {"memory": "272Mi"}, "requests": {"memory": "272Mi"}}}, None, "272Mi"),
    "instances": ({"instances": 2}, "SELECT 1 + count(*) FROM pg_stat_replication", 2),
}


@pytest.mark.parametrize(("change", "query", "wanted"), CHANGES.values(), ids=CHANGES)
def test_a_changed_cluster_is_waited_for(
    change: dict[str, Any], query: str | None, wanted: object, *, props: dict[str, Any], live: Live
) -> None:
    provider = ClusterAccessProvider()
    spec = json.loads(props["fingerprint"])["spec"]
    news = {**props, "fingerprint": json.dumps(manifest(props["namespace"], merged(spec, change)))}
    live.merge("Cluster", f"{props['namespace']}/db", {"spec": change}, API)
    provider.update("", props, news)
    props.update(news)
    if query is None:
        pods = way_to(props).where.find("pods", labelSelector="cnpg.io/podRole=instance")
        assert {pod["spec"]["containers"][0]["resources"]["limits"]["memory"] for pod in pods} == {wanted}
    else:
        with way_to(props).login.connect() as connection:
            assert connection.execute(sql.SQL(query)).fetchone() == (wanted,)  # type: ignore[arg-type]
    assert not provider.diff("", news, news).changes


def merged(spec: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """What a merge patch makes of a spec."""
    found = copy.deepcopy(spec)
    for key, value in change.items():
        found[key] = merged(found.get(key, {}), value) if isinstance(value, dict) else value
    return found


def test_what_was_changed_behind_the_programs_back_is_a_difference(props: dict[str, Any], live: Live) -> None:
    provider, name = ClusterAccessProvider(), f"{props['namespace']}/db"
    before = json.loads(props["fingerprint"])["spec"]["postgresql"]["parameters"]
    live.merge("Cluster", name, {"spec": {"postgresql": {"parameters": {"shared_buffers": "48MB"}}}}, API)
    until(lambda: bool(provider.diff("", props, props).changes), 10, "the difference is seen")
    live.merge("Cluster", name, {"spec": {"postgresql": {"parameters": before}}}, API)
    provider.update("", props, props)
    assert not provider.diff("", props, props).changes


def test_a_primary_that_is_deleted_is_found_again(props: dict[str, Any], live: Live, way: Way) -> None:
    name = primary(way.where)
    live.delete("Pod", f"{props['namespace']}/{name}")
    way.require_login()
    wait_until_healthy(way.where)
    with way.login.connect() as connection:
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


def test_volumes_that_cannot_grow_are_refused_and_never_a_success(live: Live, tmp_path: Path) -> None:
    """The storage class of a cluster for tests lets none grow."""
    provider, guard = ClusterAccessProvider(), ClusterGuardProvider()
    with new_cluster(live, tmp_path, SPEC) as props:
        cluster = props["fingerprint"]
        larger = cluster.replace("1Gi", "2Gi")
        olds, news = ({"cluster": each, "kubeconfig": None, "context": None} for each in (cluster, larger))
        (failure,) = guard.check(olds, news).failures or ()
        assert failure.reason.startswith("clusterStorageSize: volumes of storage class standard cannot grow")
        live.merge("Cluster", f"{props['namespace']}/db", {"spec": {"storage": {"size": "2Gi"}}}, API)
        until(lambda: "volume db-1 has 1Gi of 2Gi" in way_to(props).amiss(), 30, "what is lacking")
        with pytest.raises(ResourceError, match="volume db-1 has 1Gi of 2Gi"):
            provider.update("", props, {**props, "fingerprint": larger, "timeout": 5})
        assert provider.diff("", props, props).changes


def test_the_first_to_be_destroyed_opens_theway_to(props: dict[str, Any], way: Way) -> None:
    way.ca_file.unlink(missing_ok=True)
    port = quiet_port()
    ClusterAccessProvider().delete("", {**props, "port": port, "teardown": True})
    assert way.ca_file.stat().st_mode & 0o777 == 0o644
    assert tunnel.ensure(port, way.where, "db").trouble == ""


def test_a_cluster_that_is_gone_is_gone_for_a_refresh_and_ends_a_destroy_with_what_to_do(props: dict[str, Any]) -> None:
    provider, gone = ClusterAccessProvider(), {**props, "cluster": "gone", "teardown": True}
    assert provider.read("an id", gone).id == ""
    assert provider.diff("an id", {**gone, "teardown": False}, {**gone, "teardown": False}).changes
    with pytest.raises(ResourceError) as failed:
        provider.delete("an id", gone)
    assert str(failed.value).startswith(f"Cluster {props['namespace']}/gone is gone, and the roles and the database")
    assert "pulumi state delete --target-dependents URN" in str(failed.value)
