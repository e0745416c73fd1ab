"""Declares manifests as resources of Pulumi's provider for Kubernetes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from infra.kubernetes.settings import Place
from infra.server.kubernetes.objects import Manifest

# Kubernetes' own kinds; any other is a custom resource.
_KINDS: dict[str, Any] = {
    "Namespace": kubernetes.core.v1.Namespace,
    "Secret": kubernetes.core.v1.Secret,
    "CronJob": kubernetes.batch.v1.CronJob,
    "NetworkPolicy": kubernetes.networking.v1.NetworkPolicy,
}
_ARGUMENTS = {"apiVersion": "api_version", "stringData": "string_data"}


class Declarer:
    """Declares objects of one namespace in one Kubernetes cluster."""

    def __init__(self, place: Place) -> None:
        """Server-side apply changes only what a manifest says, beside what CloudNativePG says of the same object.

        A Secret whose content changes is updated: the provider would replace it, and who reads it meanwhile fail.
        No other kubeconfig, context or name of the stack is another cluster: the provider would replace all that is in
        it. Its identifier stays what it was at first, and the ClusterGuard refuses a context without the Cluster.
        """
        self._provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=place.config_file,
            context=place.context,
            cluster_identifier=f"{pulumi.get_project()}/{pulumi.get_stack()}",
            enable_server_side_apply=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(ignore_changes=["clusterIdentifier"]),
        )
        self._namespace: list[pulumi.Resource] = []

    def namespace(self, name: str, manifest: Manifest, data: pulumi.ResourceOptions) -> None:
        """Declare the namespace, which every object after it waits for."""
        self._namespace = [self.object(name, manifest, data)]

    def object(
        self,
        name: str,
        manifest: Manifest,
        more: pulumi.ResourceOptions | None = None,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> pulumi.Resource:
        """Declare the object as the resource `name`, once the resources `after` are there."""
        mine = pulumi.ResourceOptions(provider=self._provider, depends_on=[*self._namespace, *after])
        arguments = {_ARGUMENTS.get(key, key): value for key, value in manifest.items()}
        make = _KINDS.get(manifest["kind"], kubernetes.apiextensions.CustomResource)
        resource: pulumi.Resource = make(name, opts=pulumi.ResourceOptions.merge(mine, more), **arguments)
        return resource
