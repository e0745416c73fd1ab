"""How a stack's config says what PostgreSQL on Kubernetes is to be: each key read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping

from infra.config import Reader
from infra.kubernetes.settings import (
    OUTSIDE,
    Access,
    BackupSettings,
    ClusterSettings,
    KubernetesSettings,
    Place,
    PoolerSettings,
    Recovery,
    Volume,
)
from infra.kubernetes.values import (
    CRON,
    CRON_WITH_SECONDS,
    FIXED_PARAMETERS,
    LABEL,
    PARAMETER,
    QUANTITY,
    RETENTION,
    is_address,
    is_cidr,
    is_moment,
)

_TUNNEL_PORT = 15432


def read(reader: Reader) -> KubernetesSettings:
    """Read the keys of a Kubernetes server. Mistakes are left with `reader`."""
    cluster = _cluster(reader)
    upkeep = reader.matching("upkeepSchedule", "17 3 * * *", f"none|{CRON}", "a cron schedule of five fields, or none")
    return KubernetesSettings(
        place=_place(reader, cluster.name),
        cluster=cluster,
        pooler=PoolerSettings(
            instances=reader.number("poolerInstances", 2, range(101)),
            mode=reader.allowed("poolerMode", "transaction", ("transaction", "session")),
            pool_size=reader.number("poolerPoolSize", 20, range(1, 10001)),
            max_clients=reader.number("poolerMaxClients", 1000, range(1, 100001)),
            parameters=_parameters(reader, "poolerParameters", {}),
        ),
        backup=_backup(reader, cluster.name),
        upkeep_schedule=None if upkeep == "none" else upkeep,
    )


def _place(reader: Reader, cluster: str) -> Place:
    database = reader.text("postgresDb").lower() or "creativeflow"
    namespace = _label(reader, "kubernetesNamespace", re.sub(r"[^a-z0-9]+", "-", database))
    access: Access = (
        "tunnel" if reader.allowed("kubernetesAccess", "service", ("service", "tunnel")) == "tunnel" else "service"
    )
    service = reader.allowed("kubernetesService", "ClusterIP", ("ClusterIP", *OUTSIDE))
    sources = reader.list("kubernetesServiceSources", "")
    for source in sources:
        if not is_cidr(source):
            reader.wrong("kubernetesServiceSources", f'"{source}"', "networks such as 10.0.0.0/8", "10.0.0.0/8")
    if service in OUTSIDE and not sources:
        reader.required("kubernetesServiceSources", "10.0.0.0/8")
    host, port = _address(reader, access, service, f"{cluster}-rw.{namespace}.svc")
    return Place(
        config_file=reader.text("kubernetesConfigFile") or None,
        context=reader.text("kubernetesContext") or None,
        namespace=namespace,
        access=access,
        host=host,
        port=port,
        service=service,
        service_annotations=reader.mapping("kubernetesServiceAnnotations"),
        sources=sources,
        client_namespaces=reader.list("kubernetesClientNamespaces", ""),
        operator_namespace=_label(reader, "kubernetesOperatorNamespace", "cnpg-system"),
        network_policy=reader.flag("kubernetesNetworkPolicy", default=True),
        timeout=reader.number("kubernetesTimeout", 600, range(10, 7201)),
    )


def _address(reader: Reader, access: Access, service: str, inside: str) -> tuple[str, int]:
    """What logins use: a tunnel's near end, a name of the stack's, or the service's own name `inside` the cluster."""
    host = reader.text("postgresHost")
    if access == "tunnel":
        if service in OUTSIDE:
            reader.wrong("kubernetesAccess", '"tunnel"', f"service, as there is a {service}", "service")
        if host not in ("", "localhost"):
            reader.wrong("postgresHost", f'"{host}"', "localhost, where a tunnel begins", "localhost")
        return "localhost", reader.port() or _TUNNEL_PORT
    if is_address(host):
        reader.wrong(
            "postgresHost", f'"{host}"', "a name: the server's certificate holds no addresses", "db.example.com"
        )
    if service in OUTSIDE:
        reader.required("postgresHost", "db.example.com")
    if service == "NodePort":
        return host, reader.number("postgresPort", 30432, range(30000, 32768))
    return host or inside, reader.port() or 5432


def _cluster(reader: Reader) -> ClusterSettings:
    return ClusterSettings(
        name=_label(reader, "clusterName", "db", longest=50),  # CloudNativePG's own limit
        instances=reader.number("clusterInstances", 3, range(1, 101)),
        image=_image(reader),
        pull_secrets=reader.list("clusterImagePullSecrets", ""),
        durability=reader.allowed("clusterDurability", "required", ("required", "preferred", "none")),
        storage=Volume(_quantity(reader, "clusterStorageSize", "50Gi"), reader.text("clusterStorageClass") or None),
        wal=_wal(reader),
        cpu=_quantity(reader, "clusterCpu", "2"),
        memory=_memory(reader),
        anti_affinity=reader.allowed("clusterAntiAffinity", "required", ("required", "preferred")),
        topology_key=reader.text("clusterTopologyKey") or "kubernetes.io/hostname",
        node_selector=reader.mapping("clusterNodeSelector"),
        tolerations=reader.objects("clusterTolerations"),
        priority_class=reader.text("clusterPriorityClass") or None,
        parameters=_parameters(reader, "clusterParameters", FIXED_PARAMETERS),
        primary_update=reader.allowed("clusterPrimaryUpdate", "unsupervised", ("unsupervised", "supervised")),
        pod_monitor=reader.flag("clusterPodMonitor"),
    )


def _image(reader: Reader) -> str:
    default = "ghcr.io/cloudnative-pg/postgresql:18.6-system-trixie"
    allowed = "an image with a tag that begins with the version of PostgreSQL, 17 or newer; a digest may follow"
    return reader.matching(
        "clusterImage", default, r"[^\s@]+:(1[7-9]|[2-9]\d)([.-][^\s:/@]*)?(@sha256:[0-9a-f]{64})?", allowed
    )


def _wal(reader: Reader) -> Volume | None:
    if reader.text("clusterWalSize") == "none":
        return None
    return Volume(_quantity(reader, "clusterWalSize", "10Gi"), reader.text("clusterWalClass") or None)


def _memory(reader: Reader) -> str:
    """In whole units of two, since shared_buffers is counted from it."""
    return reader.matching("clusterMemory", "4Gi", r"[1-9]\d{0,6}[MG]i", "a quantity of Mi or Gi such as 4Gi")


def _backup(reader: Reader, cluster: str) -> BackupSettings | None:
    destination = reader.text("backupDestination")
    recovery = reader.text("recoveryServer")
    if not destination:
        if recovery:
            reader.required("backupDestination", "s3://bucket/path")
        return None
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/[^\s]*)?", destination):
        reader.wrong("backupDestination", f'"{destination}"', "an address such as s3://bucket/path", "s3://bucket/path")
    server = _label(reader, "backupServer", cluster)
    if recovery == server:
        why = f"the name under which this cluster archives (backupServer); a second history of {server}"
        reader.wrong("recoveryServer", f'"{recovery}", {why},', "another cluster's name in the object store")
    return BackupSettings(
        destination=destination,
        endpoint=_endpoint(reader),
        access_key=reader.required("backupAccessKey"),
        secret_key=reader.required("backupSecretKey"),
        schedule=reader.matching(
            "backupSchedule", "0 0 2 * * *", CRON_WITH_SECONDS, "a cron schedule of six fields, seconds first"
        ),
        retention=reader.matching("backupRetention", "30d", RETENTION, "days, weeks or months such as 30d, 4w or 1m"),
        server=server,
        recovery=_recovery(reader) if recovery else None,
    )


def _endpoint(reader: Reader) -> str | None:
    endpoint = reader.text("backupEndpoint")
    if endpoint and not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", endpoint):
        reader.wrong("backupEndpoint", f'"{endpoint}"', "the URL of an object store", "https://s3.example.com")
    return endpoint or None


def _recovery(reader: Reader) -> Recovery:
    moment = reader.text("recoveryTargetTime")
    if moment and not is_moment(moment):
        allowed = "a moment with its zone such as 2026-01-31T12:00:00Z"
        reader.wrong("recoveryTargetTime", f'"{moment}"', allowed, "2026-01-31T12:00:00Z")
    return Recovery(_label(reader, "recoveryServer", "db"), moment or None)


def _label(reader: Reader, key: str, default: str, longest: int = 63) -> str:
    value = reader.matching(key, default, LABEL, "small letters, digits and -, as RFC 1123 names are")
    if len(value) > longest:
        reader.wrong(key, f'"{value}"', f"a name of at most {longest} characters", default)
    return value


def _quantity(reader: Reader, key: str, default: str) -> str:
    return reader.matching(key, default, QUANTITY, f"a quantity of Kubernetes such as {default}")


def _parameters(reader: Reader, key: str, fixed: Mapping[str, str]) -> dict[str, str]:
    """Parameters by name. What the operator sets itself is refused, with who sets it."""
    parameters = reader.mapping(key)
    for name, value in parameters.items():
        if not re.fullmatch(PARAMETER, name) or "\n" in value:
            reader.wrong(key, f'"{name}"', "an object of parameters and their values")
        elif name in fixed:
            reader.wrong(key, f'"{name}", {fixed[name]},', "the other parameters")
    return parameters
