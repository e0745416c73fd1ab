"""Refuses what a Cluster must not be changed to, before the Cluster is touched.

The Cluster depends on it: an `up` without a preview is stopped in time too, and so is one whose preview could not reach
Kubernetes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from infra.kubernetes.errors import KubernetesError, NotFound
from infra.resources import Provider

if TYPE_CHECKING:
    from infra.kubernetes.api import Where


class ClusterGuardProvider(Provider):
    """Compares what is asked for with the live Cluster; where that cannot be asked, with what was asked for before."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """A failure for each change that would lose data or cannot be made in place.

        It names no property: Pulumi would print the whole manifest with it.
        """
        lines = _refusals(olds or news, news)
        return dynamic.CheckResult(news, [dynamic.CheckFailure("", line) for line in lines])

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult("cluster", props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(news)


def _refusals(before: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The live Cluster, under the name that it had, against the one that is asked for.

    The way to Kubernetes is that of `news`: a kubeconfig may move, and a Cluster does not move with it.
    """
    from infra.kubernetes.api import Where
    from infra.kubernetes.changes import refusals
    from infra.kubernetes.volumes import fixed

    was, wanted = json.loads(before["cluster"]), json.loads(news["cluster"])
    where = Where(news.get("kubeconfig"), news.get("context"), was["metadata"]["namespace"])
    name = was["metadata"]["name"]
    try:
        live = where.get("clusters", name)
    except NotFound:
        return [] if before.get("context") == news.get("context") else [_elsewhere(before, where, name)]
    except KubernetesError:  # the way to the cluster warns of it
        return refusals(was, wanted)
    return refusals(live, wanted, fixed(where, name, live["spec"], wanted["spec"]))


def _elsewhere(before: Mapping[str, Any], where: Where, name: str) -> str:
    here, there = (context or "the current one" for context in (where.context, before.get("context")))
    return (
        f"kubernetesContext: there is no Cluster {where.namespace}/{name} in {here}, and it cannot move there. "
        f"Set it back to {there}, or make another stack: docs/production.md"
    )


class ClusterGuard(dynamic.Resource, module="creativeflow", name="ClusterGuard"):
    """That the change to a Cluster loses nothing."""

    def __init__(
        self,
        name: str,
        *,
        cluster: str,
        kubeconfig: str | None,
        context: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Guard the Cluster whose manifest, as JSON, is `cluster`."""
        props = {"cluster": cluster, "kubeconfig": kubeconfig, "context": context}
        super().__init__(ClusterGuardProvider(), name, props, opts)
