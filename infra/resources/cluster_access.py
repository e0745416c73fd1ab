"""The way to a Cluster of CloudNativePG, once that is up. Whatever logs in depends on it.

Pulumi checks a resource in each preview and each `up`, in a process that lives as long as the command: there the way is
opened. A destroy checks nothing, and begins with what nothing depends on. So there is a second resource of this kind,
for `teardown`, which opens the way for all that is destroyed after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from infra.connection import ConnectionFailed, Login
from infra.kubernetes.errors import KubernetesError, NotFound, TunnelError
from infra.resources import Provider, ResourceError, told_plainly, warn

if TYPE_CHECKING:
    from infra.kubernetes.way import Way

_MAINTENANCE_DATABASE = "postgres"


class ClusterAccessProvider(Provider):
    """Waits for the Cluster and opens the way. What is open belongs to the process, not to the provider."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Open the way to a Cluster that is there, before anything logs in. A tunnel's port in use is a failure."""
        if news.get("teardown"):  # the other one has done so
            return dynamic.CheckResult(news, [])
        try:
            _open_if_there(way_to(news), expected=bool(olds))
        except TunnelError as error:
            return dynamic.CheckResult(news, [dynamic.CheckFailure("port", str(error))])
        return dynamic.CheckResult(news, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """A Cluster that is gone, or not as it was asked for, is a difference too: `up` waits for it, or fails."""
        if _asked(olds) != _asked(news):
            return dynamic.DiffResult(changes=True)
        return dynamic.DiffResult(changes=not news.get("teardown") and _is_amiss(news))

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        _wait(props, looks=1)
        return dynamic.CreateResult(str(way_to(props)), props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Look twice: in the first moment after a change the Cluster seems as ready as before."""
        _wait(news, looks=2)
        return dynamic.UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Gone if the Cluster is gone."""
        with told_plainly():
            way = way_to(props)
            try:
                way.open(way.look())
            except NotFound:
                return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, props)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """The first of the two opens the way for the rest of a destroy; the last removes the certificate."""
        way = way_to(props)
        if not props.get("teardown"):
            way.ca_file.unlink(missing_ok=True)
            return
        with told_plainly():
            try:
                way.open(way.look())
            except NotFound:
                raise ResourceError(_gone(way)) from None
            way.require_login()


def way_to(props: Mapping[str, Any]) -> Way:
    """The way to the Cluster of a ClusterAccess with these inputs. Without the password it may still be opened."""
    from infra.kubernetes.api import Where
    from infra.kubernetes.way import Way

    where = Where(props.get("kubeconfig"), props.get("context"), props["namespace"])
    port = int(props["port"])
    ca_file = Path.cwd() / props["ca_file"]
    login = Login(
        props["host"], port, _MAINTENANCE_DATABASE, props["user"], props["password"], "verify-full", str(ca_file)
    )
    parameters = json.loads(props["fingerprint"])["spec"]["postgresql"].get("parameters") or {}
    tunnel_port = port if props["access"] == "tunnel" else None
    return Way(where, props["cluster"], tunnel_port, ca_file, login, props["database"], parameters)


def _open_if_there(way: Way, *, expected: bool) -> None:
    """Open the way to a Cluster that has got so far; else the tunnel's port must be free. Raises TunnelError.

    The user is warned of what keeps one from it, also of a Cluster that is `expected` and not there.
    """
    way.require_free_port()
    try:
        way.open(way.look())
    except TunnelError:
        raise
    except NotFound as error:
        if expected:
            warn(error)
    except KubernetesError as error:
        warn(f"{error}. What is in the database is not known now")


def _asked(props: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for: None is as good as nothing, and Pulumi keeps the provider itself among the properties."""
    return {key: value for key, value in props.items() if value is not None and key != "__provider"}


def _is_amiss(props: Mapping[str, Any]) -> bool:
    """Whether something is amiss with the Cluster, as far as can be seen: `check` warns where nothing can."""
    try:
        return bool(way_to(props).amiss())
    except NotFound:
        return True
    except KubernetesError:
        return False
    except ConnectionFailed as failure:
        warn(failure)
        return True


def _wait(props: Mapping[str, Any], looks: int) -> None:
    if not props.get("teardown"):
        with told_plainly():
            way_to(props).wait(float(props["timeout"]), looks)


def _gone(way: Way) -> str:
    return (
        f"Cluster {way} is gone, and the roles and the database in it, which come first to be destroyed: take them out "
        "of the state by `pulumi state delete --target-dependents URN`, with the URN of the provider postgresql "
        "(`pulumi stack --show-urns` lists it), and run this again"
    )


class ClusterAccess(dynamic.Resource, module="creativeflow", name="ClusterAccess"):
    """A Cluster that is up, and open to this machine while a command of Pulumi's runs."""

    def __init__(
        self,
        name: str,
        *,
        namespace: str,
        cluster: str,
        fingerprint: str,
        access: str,
        host: pulumi.Input[str],
        port: pulumi.Input[int],
        user: str,
        password: pulumi.Input[str],
        database: str,
        ca_file: str | None,
        kubeconfig: str | None,
        context: str | None,
        timeout: int,
        teardown: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Wait up to `timeout` seconds for `cluster` to be as `fingerprint`, its manifest in JSON, asks for.

        Args:
            access: tunnel or service; a tunnel begins at `port` of this machine.
            host, port, user, password: of the administrator's login.
            database: that the administrator makes, or has made.
            ca_file: where the certificate of the Cluster's authority is kept, relative to the program's folder.
            kubeconfig, context: which Kubernetes; None is kubectl's own choice.
            teardown: be the first to be destroyed, and open the way for what is destroyed next.
        """
        props: dict[str, Any] = {
            "namespace": namespace,
            "cluster": cluster,
            "fingerprint": fingerprint,
            "access": access,
            "host": host,
            "port": port,
            "user": user,
            "password": password,
            "database": database,
            "ca_file": ca_file,
            "kubeconfig": kubeconfig,
            "context": context,
            "timeout": timeout,
            "teardown": teardown,
        }
        super().__init__(ClusterAccessProvider(), name, props, opts)
