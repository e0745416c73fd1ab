"""Create, read, update and delete an object, in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airgap.errors import PluginError
from airgap.kubernetes.errors import ApiError, NoMatch, refused
from airgap.kubernetes.managers import CREATOR, adopted, is_adoptable, manager_of, without_ignored
from airgap.kubernetes.objects import annotation, get, is_crd, label
from airgap.kubernetes.options import Options
from airgap.kubernetes.values import Object
from airgap.kubernetes.waiting import Waiter

_JSON, _APPLY = "application/json", "application/apply-patch+yaml"
_PATCH, _MERGE = "application/json-patch+json", "application/merge-patch+json"
_DRY = {"dryRun": "All"}
_RETRY_SECONDS = (0.25, 0.5, 1, 2, *[3] * 9)
"""What is not there yet, a namespace or a kind, may be on its way: the official plugin tries for half a minute too."""
_TAKE_OVERS = 5
_POLICIES = {"orphan": "Orphan", "background": "Background"}


@dataclass(frozen=True)
class Operations:
    """What the engine asks for, on one cluster."""

    waiter: Waiter
    options: Options

    def create(self, inputs: Object, timeout: float) -> tuple[Object, str]:
        """Make the object and wait until it is ready; the live object, and its manager. Raises PluginError."""
        manager = manager_of(inputs, {})
        live = self._tried(inputs, lambda: self._send_new(inputs, manager))
        live = self.waiter.ready(inputs, live, manager, timeout)
        if is_crd(inputs):
            self.waiter.cluster.forget()
        return live, manager

    def preview_create(self, inputs: Object) -> Object | None:
        """What the server would make of `inputs`, or None where only an update can tell. Raises PluginError."""
        try:
            if not self.waiter.cluster.knows_kind_of(inputs):
                return None
            return self._send_new(inputs, CREATOR, **_DRY)
        except ApiError as error:
            if (error.code in (403, 404) and not _is_denied(error)) or error.reason == "AlreadyExists":
                return None
            if _is_dry_run_refused(error):
                return None
            raise refused("creating", inputs, error) from None

    def _send_new(self, inputs: Object, manager: str, **parameters: str) -> Object:
        if self.options.upsert:
            force = str(self._force(inputs, None, preview=bool(parameters))).lower()
            return self._apply(inputs, manager, force=force, **parameters)
        return self.waiter.cluster.write("POST", inputs, _JSON, inputs, fieldManager=CREATOR, **parameters)

    def _apply(self, inputs: Object, manager: str, **parameters: str) -> Object:
        return self.waiter.cluster.write("PATCH", inputs, _APPLY, inputs, fieldManager=manager, **parameters)

    def _tried(self, inputs: Object, send: Any) -> Object:
        """Send until what the object needs is there."""
        for pause in (*_RETRY_SECONDS, None):
            try:
                return dict(send())
            except (ApiError, NoMatch) as error:
                missing = isinstance(error, NoMatch) or error.code == 404
                if not missing or pause is None or self.waiter.stop.is_set():
                    raise self._failed("creating", inputs, error) from None
                self.waiter.say(f"waiting for what it needs: {error}")
                self.waiter.cluster.forget()
                self.waiter.stop.wait(pause)
        raise AssertionError  # the last attempt returns or raises

    @staticmethod
    def _failed(doing: str, obj: Object, error: ApiError | NoMatch) -> PluginError:
        if isinstance(error, NoMatch):
            return PluginError(f"{doing} {label(obj)}: {error}")
        return refused(doing, obj, error)

    def read(self, obj: Object) -> Object | None:
        """The live object, or None where it or its kind is gone. Raises PluginError."""
        try:
            return self.waiter.cluster.read(obj)
        except NoMatch:
            return None
        except ApiError as error:
            if error.code == 404:
                return None
            raise refused("reading", obj, error) from None

    def update(self, inputs: Object, state: Object, ignored: list[str], timeout: float) -> tuple[Object, str]:
        """Apply `inputs` and wait until the object is ready; the live object, and its manager. Raises PluginError."""
        manager, before = manager_of(inputs, state), str(state.get("__fieldManager") or "")
        try:
            live = self.waiter.cluster.read(inputs)
            live = self._updated(self._taken_over(live, inputs, manager), inputs, manager, ignored)
            if before and before != manager:
                self._relinquish(live, before)
        except (ApiError, NoMatch) as error:
            raise self._failed("updating", inputs, error) from None
        return self.waiter.ready(inputs, live, manager, timeout), manager

    def preview_update(self, inputs: Object, state: Object, ignored: list[str]) -> Object | None:
        """What the server would make of `inputs`, or None where it cannot tell. Raises PluginError."""
        try:
            if not self.waiter.cluster.knows_kind_of(inputs):
                return None
            live = self.waiter.cluster.read(inputs)
            return self._updated(live, inputs, manager_of(inputs, state), ignored, **_DRY)
        except ApiError as error:
            if (error.code == 403 and not _is_denied(error)) or _is_dry_run_refused(error):
                return None
            raise refused("updating", inputs, error) from None

    def _updated(self, live: Object, inputs: Object, manager: str, ignored: list[str], **dry: str) -> Object:
        cluster = self.waiter.cluster
        if is_crd(inputs):
            body = inputs | {"metadata": inputs["metadata"] | {"resourceVersion": live["metadata"]["resourceVersion"]}}
            made = cluster.write("PUT", inputs, _JSON, body, fieldManager=manager, **dry)
            cluster.forget()
            return made
        inputs = without_ignored(inputs, live, manager, ignored)
        if dry and is_adoptable(live):
            # What the update will take over first is not taken over yet: applied now, old items of lists would stay.
            return cluster.write("PATCH", inputs, _MERGE, inputs, fieldManager=manager, **dry)
        force = str(self._force(inputs, live, preview=bool(dry))).lower()
        return self._apply(inputs, manager, force=force, **dry)

    def _taken_over(self, live: Object, inputs: Object, manager: str) -> Object:
        """The live object, whose fields from before its first update now belong to its own manager."""
        for attempt in range(_TAKE_OVERS):
            if is_crd(inputs) or not is_adoptable(live):
                break
            patch = [
                {"op": "replace", "path": "/metadata/managedFields", "value": adopted(live, manager)},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
            ]
            try:
                return self.waiter.cluster.write("PATCH", live, _PATCH, patch)
            except ApiError as error:
                if error.code != 409 or attempt + 1 == _TAKE_OVERS:
                    raise
                live = self.waiter.cluster.read(live)  # a controller wrote in between
        return live

    def _force(self, inputs: Object, live: Object | None, *, preview: bool) -> bool:
        """Whether to take fields that other managers hold."""
        if annotation(inputs, "pulumi.com/patchForce") == "true" or self.options.patch_force:
            return True
        if live is None:
            return preview
        return not get(live, "metadata", "managedFields")

    def _relinquish(self, live: Object, manager: str) -> None:
        identity = {name: live["metadata"][name] for name in ("name", "namespace") if name in live["metadata"]}
        body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": identity}
        self._apply(body, manager, force="false")

    def delete(self, inputs: Object, live: Object, timeout: float) -> None:
        """Delete the object and wait until it is gone. One that is gone already is none. Raises PluginError."""
        policy = _POLICIES.get(annotation(inputs, "pulumi.com/deletionPropagationPolicy").lower(), "Foreground")
        try:
            self.waiter.cluster.write("DELETE", live, _JSON, {"propagationPolicy": policy})
            self.waiter.gone(inputs, live, timeout)
        except NoMatch:
            return
        except ApiError as error:
            if error.code != 404:
                raise refused("deleting", live, error) from None


def _is_denied(error: ApiError) -> bool:
    return "denied the request" in error.message


def _is_dry_run_refused(error: ApiError) -> bool:
    return error.code == 400 and "does not support dry run" in error.message
