"""Start a stack's embedded server where it does not run: `python tools/start.py STACK`. Does nothing for other stacks.

Pulumi refreshes all resources at once, the server among those that live in it: it has to run before.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra.cluster import Cluster
from infra.programs import ClusterError

if __name__ == "__main__":
    cluster = Cluster.found(Path.cwd() / ".local" / "postgres" / sys.argv[1])
    try:
        if cluster is not None:
            cluster.start()
    except ClusterError as error:
        sys.exit(f"start: {error}")
