"""What can go wrong with a Kubernetes cluster: apart from its client, which takes long to load."""

from __future__ import annotations


class KubernetesError(Exception):
    """What cannot be done with a Kubernetes cluster, in one line: what, where, why, and what to do next."""


class Unreachable(KubernetesError):
    """There are no credentials, or no API server where they lead."""


class NotFound(KubernetesError):
    """There is no such object."""


class Forbidden(KubernetesError):
    """The credentials are not accepted, or lack a permission."""


class TunnelError(KubernetesError):
    """Why there can be no tunnel at a port, in one line, with what to do."""
