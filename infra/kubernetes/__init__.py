"""What the program knows of a Kubernetes cluster, without Pulumi.

settings, config and values: what a stack asks for. api: reading a cluster; errors: what keeps one from that.
changes: what a Cluster must not become. cluster and volumes: whether it is as asked. tunnel and way: how to reach its
server. The manifests are in infra/server/kubernetes.
"""
