"""The engine's requests for resources, answered with the cluster's help where there is one."""

from __future__ import annotations

import functools
import math
import threading

from pulumi.provider.experimental import provider as protocol

from airgap.errors import PartialFailure, PluginError
from airgap.kubernetes import check, diff
from airgap.kubernetes.conditions import WAIT_FOR, parsed
from airgap.kubernetes.connection import Connection
from airgap.kubernetes.errors import InitializationFailed, NoMatch, Unreachable
from airgap.kubernetes.kinds import likely_namespaced
from airgap.kubernetes.log import Log
from airgap.kubernetes.managers import manager_of
from airgap.kubernetes.objects import Kind, annotation, identifier, is_crd
from airgap.kubernetes.operations import Operations
from airgap.kubernetes.options import Options
from airgap.kubernetes.readiness import check_of
from airgap.kubernetes.replacing import force_new
from airgap.kubernetes.states import VERSION, imported_inputs, known_object, refreshed_inputs, state
from airgap.kubernetes.values import Object, Wire, has_unknown, plain_map, wire_map
from airgap.kubernetes.waiting import Waiter

_FORGET = "if it was deleted, run this again with PULUMI_K8S_DELETE_UNREACHABLE=true, which forgets what was in it"
_UNKNOWN = "the options of the provider are not known yet; run `pulumi up`, which finds them out"


class Handlers:
    """Answers for one cluster, or for none yet where `options` is None. Safe in threads."""

    def __init__(self, options: Options | None, log: Log, stop: threading.Event) -> None:
        self._options = options or Options()
        self._connection = Connection(options, log) if options else None
        self._log = log
        self._stop = stop

    def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        """The inputs with what the program left out."""
        token, inputs, old = _token(request.urn), plain_map(request.new_inputs), plain_map(request.old_inputs)
        check.refuse(token, inputs)
        inputs = check.checked(token, inputs, old, request.name, request.random_seed)
        if awaited := annotation(inputs, WAIT_FOR):
            parsed(awaited)  # a mistake in it is better found before the object is there
        namespaced = self._is_namespaced(inputs)
        if self._connection:
            if is_crd(inputs) and (cluster := self._connection.reachable()):
                cluster.plan(inputs)
            inputs = check.in_namespace(inputs, self._connection.namespace, namespaced=namespaced)
        return protocol.CheckResponse(inputs=wire_map(inputs, request.new_inputs))

    def _is_namespaced(self, inputs: Object) -> bool:
        """Whether the object belongs to a namespace; likely, where the server or the kind is not there yet."""
        cluster = self._connection.reachable() if self._connection else None
        kind = Kind.of(inputs)
        if cluster is None:
            return likely_namespaced(kind)
        try:
            return cluster.mapping(kind).namespaced
        except NoMatch:
            return cluster.planned_scope(kind)

    def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        """What would change."""
        wanted = plain_map(request.new_inputs)
        fields = functools.partial(
            force_new,
            mutable_secrets=self._options.mutable_secrets,
            mutable_config_maps=self._options.mutable_config_maps,
        )
        return diff.diff(
            plain_map(request.old_state),
            wanted,
            fields,
            namespaced=self._is_namespaced(wanted),
            ignored=request.ignore_changes,
        )

    def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        """Make the object, or say what it would be."""
        inputs = plain_map(request.properties)
        if request.preview:
            operations = self._previewing(request.urn, inputs)
            live = operations.preview_create(inputs) if operations else None
            if live is None:
                return protocol.CreateResponse(properties=request.properties)
            return protocol.CreateResponse(properties=state(inputs, _without_status(live), request.properties, ""))
        try:
            live, manager = self._operations(request.urn).create(inputs, request.timeout)
        except InitializationFailed as error:
            raise _partial(error, inputs, request.properties) from None
        return protocol.CreateResponse(identifier(live), state(inputs, live, request.properties, manager))

    def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        """Make the object what the inputs say, or say what it would be."""
        inputs, old = plain_map(request.news), plain_map(request.olds)
        version, ignored = str(old.get(VERSION, "")), list(request.ignore_changes)
        if request.preview:
            operations = self._previewing(request.urn, inputs)
            live = operations.preview_update(inputs, old, ignored) if operations else None
            if live is None:
                return protocol.UpdateResponse(request.news)
            manager = manager_of(inputs, old)
        else:
            try:
                live, manager = self._operations(request.urn).update(inputs, old, ignored, request.timeout)
            except InitializationFailed as error:
                raise _partial(error, inputs, request.news) from None
        return protocol.UpdateResponse(state(inputs, live, request.news, manager, version))

    def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """The object as it is now; nothing if it is gone."""
        inputs, old = plain_map(request.inputs), plain_map(request.properties)
        known = known_object(_token(request.urn), request.resource_id, inputs or old)
        try:
            live = self._operations(request.urn).read(known)
        except Unreachable as error:
            return self._unread(request, error)
        if live is None:
            return protocol.ReadResponse()
        fresh = refreshed_inputs(inputs, live) if inputs else imported_inputs(known, live)
        manager, version = manager_of(inputs, old), str(old.get(VERSION, ""))
        properties = state(fresh, live, request.inputs, manager, version)
        if inputs and (awaited := self._awaited(inputs, live)):
            message = f"{known['kind']} {request.resource_id} is there, but still waits for {awaited}"
            raise PartialFailure(message, request.resource_id, properties)
        return protocol.ReadResponse(request.resource_id, properties, wire_map(fresh, request.inputs))

    def _unread(self, request: protocol.ReadRequest, error: Unreachable) -> protocol.ReadResponse:
        if self._options.delete_unreachable:
            self._log.warn(f"{error}; forgotten, as deleteUnreachable is set", request.urn)
            return protocol.ReadResponse()
        if self._options.skip_update_unreachable:
            self._log.warn(f"{error}; left as recorded, as skipUpdateUnreachable is set", request.urn)
            return protocol.ReadResponse(request.resource_id, request.properties, request.inputs)
        raise PluginError(f"{error}; {_FORGET}")

    def _awaited(self, inputs: Object, live: Object) -> str:
        """What an object of Kubernetes' own kinds still waits for, so that a refresh tells that it is not ready."""
        ready = check_of(Kind.of(live))
        if ready is None or annotation(inputs, "pulumi.com/skipAwait") == "true" or self._connection is None:
            return ""
        return ready(live, self._connection.cluster().read, math.inf)

    def delete(self, request: protocol.DeleteRequest) -> None:
        """Delete the object."""
        inputs, live = diff.recorded(plain_map(request.properties))
        try:
            self._operations(request.urn).delete(inputs, live, request.timeout)
        except Unreachable as error:
            if not self._options.delete_unreachable:
                raise PluginError(f"{error}; {_FORGET}") from None
            self._log.warn(f"{error}; forgotten, as deleteUnreachable is set", request.urn)

    def _previewing(self, urn: str, inputs: Object) -> Operations | None:
        """What asks the server for a dry run, or None where that cannot be."""
        cluster = self._connection.reachable() if self._connection else None
        if cluster is None or has_unknown(inputs):
            return None
        kind = Kind.of(inputs)
        if not cluster.knows_kind_of(inputs) and not cluster.is_planned(kind):
            said = f"there is no CustomResourceDefinition for it yet in the API group {kind.group}; not checked"
            self._log.warn(f"{kind.name} {identifier(inputs)}: {said}", urn)
        return self._operations(urn)

    def _operations(self, urn: str) -> Operations:
        if self._connection is None:
            raise PluginError(_UNKNOWN)
        say = functools.partial(self._log.status, about=urn)
        return Operations(Waiter(self._connection.cluster(), self._stop, say), self._options)


def _partial(error: InitializationFailed, inputs: Object, secret: Wire) -> PartialFailure:
    return PartialFailure(str(error), identifier(error.live), state(inputs, error.live, secret, error.manager))


def _token(urn: str) -> str:
    """The type in `urn`, which also names the types of the resource's parents."""
    return urn.split("::")[2].rpartition("$")[2]


def _without_status(live: Object) -> Object:
    return {name: value for name, value in live.items() if name != "status"}
