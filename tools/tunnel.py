"""Run a command that logs in to a stack's server: `python tools/tunnel.py STACK COMMAND …`.

Where the server is in Kubernetes, the certificate of its authority is there for the command, and the tunnel, if it is
reached by one. Pulumi's state tells where they lead to. Every other stack's command just runs, and so does one that
cannot be helped: it may do with what Pulumi knows, or says by itself what it lacks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(stack: str, *command: str) -> None:
    """Run the command, and exit as it does. Exits with a line if something else has the tunnel's port."""
    access = _access(stack) if _is_on_kubernetes(stack) else None
    environment = _opened(access) if access is not None else {}
    if not environment:
        os.execvp(command[0], command)  # noqa: S606
    # An interrupt is the command's. Were it ignored here, the command would inherit that; a handler it does not.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(subprocess.run(command, env={**os.environ, **environment}, check=False).returncode)


def _opened(access: dict[str, Any]) -> dict[str, str]:
    """Open the way by the inputs of a ClusterAccess. What a command needs to be told of the tunnel, if there is one."""
    # Other stacks need not wait for what these bring.
    from infra.kubernetes import tunnel  # noqa: PLC0415
    from infra.kubernetes.errors import KubernetesError, TunnelError  # noqa: PLC0415
    from infra.resources import warn  # noqa: PLC0415
    from infra.resources.cluster_access import way_to  # noqa: PLC0415

    way = way_to(access)
    try:
        way.open(way.look())
    except TunnelError as error:
        sys.exit(f"tunnel: {error}")
    except KubernetesError as error:
        warn(error)
        return {}
    return {} if way.tunnel_port is None else tunnel.environment(way.tunnel_port, way.where, way.cluster)


def _is_on_kubernetes(stack: str) -> bool:
    config = Path(f"Pulumi.{stack}.yaml")
    return config.exists() and "creativeflow:server: kubernetes" in config.read_text()


def _access(stack: str) -> dict[str, Any] | None:
    """The inputs of the stack's way to its Cluster, or None where it has none yet."""
    command = ["pulumi", "stack", "export", "--stack", stack]
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if asked.returncode:
        sys.exit(asked.returncode)
    resources = json.loads(asked.stdout)["deployment"].get("resources") or ()
    found = (resource["inputs"] for resource in resources if resource["type"].endswith(":ClusterAccess"))
    return next(found, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
