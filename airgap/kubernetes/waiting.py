"""Waiting until an object is ready, or gone, for no longer than the user allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from airgap.errors import PluginError
from airgap.kubernetes.cluster import Cluster
from airgap.kubernetes.conditions import WAIT_FOR, parsed
from airgap.kubernetes.errors import ApiError, InitializationFailed, NoMatch, Unreachable
from airgap.kubernetes.objects import Kind, annotation, get, label
from airgap.kubernetes.readiness import check_of
from airgap.kubernetes.report import report
from airgap.kubernetes.values import Object

USUAL_SECONDS = 600.0
"""How long the official plugin waits where the user says nothing."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0

# Of these kinds alone, skipAwait also holds for the deletion.
_SKIPS_DELETION = {
    ("", "Namespace"),
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
}

Check = Callable[[Object, float], str]


@dataclass(frozen=True)
class Waiter:
    """Waits on one cluster, unless it is told to stop, and tells `say` what for."""

    cluster: Cluster
    stop: threading.Event
    say: Callable[[str], None]

    def ready(self, inputs: Object, live: Object, manager: str, timeout: float) -> Object:
        """The object once it is ready, by its annotations or by its kind.

        Args:
            inputs: what the user wants, whose annotations count.
            live: the object as the server returned it last.
            manager: the resource's field manager, for the record of a failure.
            timeout: seconds of the resource's custom timeouts; 0 for none.

        Raises:
            InitializationFailed: it did not get ready in time.
        """
        check = self._check(inputs, live)
        if check is None:
            return live
        started, pause, limit = time.monotonic(), _FIRST_PAUSE, seconds(inputs, timeout)
        while awaited := check(live, time.monotonic() - started):
            phase = get(live, "status", "phase")
            self.say(f"waiting for {awaited}" + (f" ({phase})" if phase else ""))
            left = limit - (time.monotonic() - started)
            if left <= 0 or self.stop.wait(min(pause, left)):
                why = f"not ready after {limit:g} s" if left <= 0 else "interrupted"
                raise InitializationFailed(self._failure(live, why, awaited), live, manager)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            live = self._read(live, manager)
        return live

    def _check(self, inputs: Object, live: Object) -> Check | None:
        """What tells for what an object still waits, or None where there is nothing to wait for."""
        if annotation(inputs, "pulumi.com/skipAwait") == "true":
            return None
        if wanted := annotation(live, WAIT_FOR):
            conditions = parsed(wanted)
            return lambda obj, _waited: ", ".join(text for text, holds in conditions if not holds(obj))
        check = check_of(Kind.of(live))
        return check and (lambda obj, waited: check(obj, self.cluster.read, waited))

    def _read(self, live: Object, manager: str) -> Object:
        try:
            return self.cluster.read(live)
        except Unreachable:  # a server that restarts is back before the time is up
            return live
        except ApiError as error:
            if error.code == 404:
                message = f"{label(live)} was deleted while it was waited for; run it again"
                raise InitializationFailed(message, live, manager) from None
            if error.code >= 500:
                return live
            raise

    def _failure(self, live: Object, why: str, awaited: str) -> str:
        said = report(self.cluster.client, live)
        return f"{label(live)} is there, but {why}: still waiting for {awaited}" + (f"; {said}" if said else "")

    def gone(self, inputs: Object, live: Object, timeout: float) -> None:
        """Return once the object is gone, by its identity: another of its name does not count. Raises PluginError."""
        kind = Kind.of(live)
        if annotation(inputs, "pulumi.com/skipAwait") == "true" and (kind.group, kind.name) in _SKIPS_DELETION:
            return
        started, pause, limit = time.monotonic(), _FIRST_PAUSE, seconds(inputs, timeout)
        while found := self._found(live):
            self.say("waiting until it is gone")
            left = limit - (time.monotonic() - started)
            if left <= 0 or self.stop.wait(min(pause, left)):
                why = f"still there after {limit:g} s" if left <= 0 else "interrupted"
                raise PluginError(f"deleting {label(live)}: {why}; {_holding(found)}")
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _found(self, live: Object) -> Object | None:
        try:
            found = self.cluster.read(live)
        except NoMatch:
            return None
        except Unreachable:
            return live
        except ApiError as error:
            if error.code == 404:
                return None
            if error.code >= 500:
                return live
            raise
        uid = get(live, "metadata", "uid")
        return found if not uid or get(found, "metadata", "uid") == uid else None


def _holding(found: Object) -> str:
    finalizers = ", ".join(get(found, "metadata", "finalizers") or ())
    messages = [
        str(each.get("message"))
        for each in get(found, "status", "conditions") or ()
        if each.get("status") == "True" and each.get("message")
    ]
    parts = [f"its finalizers wait: {finalizers}"] if finalizers else []
    return "; ".join(" ".join(part.split()) for part in parts + messages) or "run it again to go on waiting"


def seconds(inputs: Object, timeout: float) -> float:
    """How long to wait: the custom timeout, else the annotation, else as the official plugin does."""
    if timeout:
        return timeout
    text = annotation(inputs, "pulumi.com/timeoutSeconds")
    return float(text) if text.isdecimal() else USUAL_SECONDS
