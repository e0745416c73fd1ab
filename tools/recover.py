"""Make a stack's state whole after a `pulumi` that was killed: `python tools/recover.py STACK`, or `make recover`.

Such a run leaves a lock, and in the state "pending operations": what it was making when it ended. A role, a database,
a schema or an object of Kubernetes may be there then, though the state does not have it, and the next `up` would find
that it already exists. So each is imported where it is there. All other resources of this project may be made twice,
and the next `up` does (https://www.pulumi.com/docs/support/troubleshooting/common-issues/interrupted-updates).
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

_LOCK = re.compile(r"created by \S+@(\S+) \(pid (\d+)\)")
_ABSENT = "does not exist"


class RecoverError(Exception):
    """Why the state could not be made whole, in a line."""


class Unfinished(NamedTuple):
    """A resource that was being made, and that cannot be made twice."""

    type: str
    name: str
    id: str
    provider: str


def main(stack: str) -> None:
    """Say what was done. Exits with a line where the run that holds the lock may still be at work."""
    try:
        state = json.loads(_succeed("stack", "export", "--stack", stack))["deployment"]
        resources = state.get("resources") or ()
        _lift_lock(stack, resources)
        for resource in unfinished(state.get("pending_operations") or ()):
            if _adopt(stack, resource):
                print(f"{resource.type} {resource.id}: was made already, and is in the state now")
    except RecoverError as error:
        sys.exit(f"recover: {error}")
    print(f"The state of stack {stack} is whole: `make up STACK={stack}` finishes what was interrupted.")


def unfinished(pending: Iterable[Mapping[str, Any]]) -> Iterator[Unfinished]:
    """What to import, of the state's pending operations."""
    for operation in pending:
        resource = operation["resource"]
        identity = _identity(resource["type"], resource.get("inputs", {}))
        if operation["type"] == "creating" and identity:
            provider = resource["provider"].rpartition("::")[0]
            yield Unfinished(resource["type"], resource["urn"].rpartition("::")[2], identity, provider)


def _identity(type_: str, inputs: Mapping[str, Any]) -> str:
    """The id that the provider gives to a resource of that type; empty where it may be made twice."""
    if type_ in ("postgresql:index/role:Role", "postgresql:index/database:Database"):
        return str(inputs["name"])
    if type_ == "postgresql:index/schema:Schema":
        return f"{inputs['database']}.{inputs['name']}"
    if type_.startswith("kubernetes:"):
        metadata = inputs["metadata"]
        return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return ""


def _adopt(stack: str, resource: Unfinished) -> bool:
    """Import the resource, and return whether it is there."""
    command = ("import", "--stack", stack, "--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    provider = f"--provider={resource.type.partition(':')[0]}={resource.provider}"
    done = _pulumi(*command, provider, resource.type, resource.name, resource.id)
    said = done.stdout + done.stderr
    if done.returncode and _ABSENT not in said:
        raise RecoverError(f"{resource.type} {resource.id} cannot be looked at: {_problem(said)}")
    return done.returncode == 0


def _lift_lock(stack: str, resources: Iterable[Mapping[str, Any]]) -> None:
    """End the lock of a run that is no more. Only a command that wants the lock tells who holds it."""
    root = (resource["urn"] for resource in resources if resource["type"] == "pulumi:pulumi:Stack")
    target = [f"--target={urn}" for urn in root]  # none is there where a run was killed in the preview of a first `up`
    done = _pulumi("refresh", "--stack", stack, "--yes", "--skip-preview", *target)
    holders = _LOCK.findall(done.stdout + done.stderr)
    for host, process in holders:
        if host != socket.gethostname() or Path(f"/proc/{process}").exists():
            raise RecoverError(
                f"a pulumi may be at work on stack {stack}: process {process} on {host}: wait for it, or end it, run "
                f"`pulumi cancel {stack}`, and then this again"
            )
    if holders:
        _succeed("cancel", "--yes", stack)


def _succeed(*arguments: str) -> str:
    done = _pulumi(*arguments)
    if done.returncode:
        raise RecoverError(_problem(done.stderr or done.stdout))
    return done.stdout


def _problem(said: str) -> str:
    """The first line that says error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next(
        (line.partition("error: ")[2] for line in lines if "error: " in line), lines[0] if lines else "no answer"
    )


def _pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", *arguments, "--non-interactive"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
