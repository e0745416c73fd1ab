"""The cluster that the provider's options name, reached at most once, and its absence told once."""

from __future__ import annotations

import threading

from airgap.errors import PluginError
from airgap.kubernetes.client import Client
from airgap.kubernetes.cluster import Cluster
from airgap.kubernetes.errors import ApiError, Unreachable
from airgap.kubernetes.kubeconfig import Access, access
from airgap.kubernetes.log import Log
from airgap.kubernetes.options import Options


class Connection:
    """Finds out once whether the cluster answers. Safe in threads."""

    def __init__(self, options: Options, log: Log) -> None:
        self.options = options
        self._log = log
        self._lock = threading.Lock()
        self._cluster: Cluster | None = None
        self._failure: Unreachable | None = None
        self._warned: set[str] = set()
        self.namespace = options.namespace or "default"

    def cluster(self) -> Cluster:
        """The cluster. Raises Unreachable."""
        with self._lock:
            if self._failure:
                raise self._failure
            if not self._cluster:
                try:
                    self._cluster = self._reach()
                except PluginError as error:
                    self._failure = error if isinstance(error, Unreachable) else Unreachable("", str(error))
                    raise self._failure from None
            return self._cluster

    def _reach(self) -> Cluster:
        found: Access = access(
            self.options.kubeconfig, self.options.context, self.options.cluster, self.options.namespace
        )
        self.namespace = found.namespace
        client = Client(found)
        try:
            client.get("/version")
        except ApiError as error:
            if error.code != 403:  # a user who may not ask for the version may ask for other things
                raise Unreachable(found.server, f"it refuses this user: {error}") from None
        return Cluster(client, self._warn)

    def reachable(self) -> Cluster | None:
        """The cluster; or None, after one warning of what a preview cannot check without it."""
        try:
            return self.cluster()
        except Unreachable as error:
            self._warn(f"{error}; not checked: whether its API server would accept these objects")
            return None

    def _warn(self, message: str) -> None:
        """Warn once, however often it is said: by the preview and by the update, or for each object."""
        with self._lock:
            if message in self._warned:
                return
            self._warned.add(message)
        if not (self.options.suppress_deprecations and "deprecated" in message):
            self._log.warn(message)
