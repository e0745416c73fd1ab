"""What a stack on Kubernetes declares, on Pulumi's mocks: every object, in its order, with every option."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs, rpc

from infra.server.kubernetes.cluster import cluster as manifest
from infra.server.kubernetes.declare import Declarer
from tests.unit.test_program import declare, inputs, settings
from tests.unit.test_settings import HASH

KUBERNETES = {"server": "kubernetes", "adminPasswordHash": HASH}
BACKUP = {
    "backupDestination": "s3://backups/creativeflow",
    "backupAccessKey": "an-access-key",
    "backupSecretKey": "a-secret-key",
}


def objects(**stack: str) -> dict[str, dict[str, Any]]:
    """The manifests that the stack declares, by the resources' names, in the clear."""
    made = declare(**{**KUBERNETES, **stack})
    return {name: plain(args.inputs) for name, args in made.items() if "apiVersion" in args.inputs}


def plain(value: Any) -> Any:
    """Without the marks of what is secret, and with numbers as the program gave them."""
    value = rpc.unwrap_rpc_secret(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) else value


def cluster(**stack: str) -> dict[str, Any]:
    """The spec of the Cluster that the stack declares."""
    server = settings(**{**KUBERNETES, **stack}).server
    assert server.kubernetes is not None
    return dict(manifest(server.kubernetes, server.user)["spec"])


def test_the_cluster_is_declared_as_it_is_made() -> None:
    assert objects()["cluster"]["spec"] == cluster()


def test_a_stack_is_a_namespace_a_cluster_what_stands_beside_it_and_the_way_to_it() -> None:
    assert {name: f"{found['apiVersion']} {found['kind']}" for name, found in objects(**BACKUP).items()} == {
        "namespace": "v1 Namespace",
        "administrator": "v1 Secret",
        "backup-credentials": "v1 Secret",
        "backup-store": "barmancloud.cnpg.io/v1 ObjectStore",
        "cluster": "postgresql.cnpg.io/v1 Cluster",
        "network-db": "networking.k8s.io/v1 NetworkPolicy",
        "network-db-pooler": "networking.k8s.io/v1 NetworkPolicy",
        "backup-schedule": "postgresql.cnpg.io/v1 ScheduledBackup",
        "pooler": "postgresql.cnpg.io/v1 Pooler",
        "upkeep-credentials": "v1 Secret",
        "upkeep": "batch/v1 CronJob",
    }


def test_every_object_is_in_the_stacks_namespace() -> None:
    made = objects(kubernetesNamespace="elsewhere", clusterPodMonitor="true", **BACKUP)
    assert made.pop("namespace")["metadata"]["name"] == "elsewhere"
    assert {found["metadata"]["namespace"] for found in made.values()} == {"elsewhere"}


def test_the_server_is_told_a_verifier_and_rotated_ones_at_once() -> None:
    secret = objects()["administrator"]
    assert secret["stringData"] == {"username": "administrator", "password": "verifier of admin-password"}
    assert secret["metadata"]["labels"]["cnpg.io/reload"] == "true"
    assert secret["metadata"]["annotations"] == {"cnpg.io/passwordPassthrough": "enabled"}


def test_the_administrator_may_make_roles_and_databases_and_is_no_superuser() -> None:
    spec = cluster(postgresUser="root_of_it")
    made = spec["bootstrap"]["initdb"]
    assert (made["owner"], made["database"], made["secret"]) == (
        "root_of_it",
        "root_of_it",
        {"name": "db-administrator"},
    )
    assert made["postInitSQL"] == ['ALTER ROLE "root_of_it" CREATEROLE CREATEDB']
    assert spec["enableSuperuserAccess"] is False
    assert "managed" not in spec, "CloudNativePG revokes memberships of managed roles that it does not know"


def test_what_logs_in_waits_for_the_way_to_the_cluster_which_knows_what_was_asked_for() -> None:
    made = declare(**KUBERNETES)
    way = inputs(made, "cluster-access")
    assert json.loads(way["fingerprint"])["spec"]["instances"] == 3
    assert (way["host"], way["port"], way["user"]) == ("db-rw.creativeflow.svc", 5432, "administrator")
    assert inputs(made, "migrations")["sslrootcert"] == ".local/dev-ca.pem"
    assert inputs(made, "migrations")["sslmode"] == "verify-full"
    assert inputs(made, "cluster-access-for-destroy")["teardown"] is True


def test_a_tunnel_begins_on_this_machine() -> None:
    way = inputs(declare(**KUBERNETES, kubernetesAccess="tunnel"), "cluster-access")
    assert (way["access"], way["host"], way["port"]) == ("tunnel", "localhost", 15432)


@pytest.mark.parametrize(
    ("instances", "durability", "wanted"),
    [
        ("3", "required", {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}),
        ("2", "required", {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": False}),
        ("3", "preferred", {"method": "any", "number": 1, "dataDurability": "preferred", "failoverQuorum": False}),
        ("3", "none", None),
        ("1", "required", None),
    ],
)
def test_a_commit_waits_for_one_of_the_standbys_there_are(
    instances: str, durability: str, wanted: dict[str, Any] | None
) -> None:
    spec = cluster(clusterInstances=instances, clusterDurability=durability)
    assert spec["postgresql"].get("synchronous") == wanted


def test_without_tls_nobody_is_let_in() -> None:
    assert cluster()["postgresql"]["pg_hba"] == ["hostnossl all all all reject"]


@pytest.mark.parametrize(
    ("stack", "path", "wanted"),
    [
        ({"clusterImage": "registry.example.com/postgres:18.6"}, "imageName", "registry.example.com/postgres:18.6"),
        ({"clusterImagePullSecrets": "one, two"}, "imagePullSecrets", [{"name": "one"}, {"name": "two"}]),
        ({"clusterStorageSize": "1Ti"}, "storage", {"size": "1Ti", "resizeInUseVolumes": True}),
        ({"clusterStorageClass": "fast"}, "storage.storageClass", "fast"),
        ({"clusterWalSize": "20Gi", "clusterWalClass": "fast"}, "walStorage.storageClass", "fast"),
        ({"clusterWalSize": "none"}, "walStorage", None),
        ({"clusterCpu": "4"}, "resources.requests", {"cpu": "4", "memory": "4Gi"}),
        ({"clusterMemory": "16Gi"}, "resources.limits", {"cpu": "2", "memory": "16Gi"}),
        ({}, "affinity.podAntiAffinityType", "required"),
        ({"clusterAntiAffinity": "preferred"}, "affinity.podAntiAffinityType", "preferred"),
        ({"clusterTopologyKey": "topology.kubernetes.io/zone"}, "affinity.topologyKey", "topology.kubernetes.io/zone"),
        ({"clusterNodeSelector": '{"pool": "db"}'}, "affinity.nodeSelector", {"pool": "db"}),
        (
            {"clusterTolerations": '[{"key": "db", "operator": "Exists"}]'},
            "affinity.tolerations",
            [{"key": "db", "operator": "Exists"}],
        ),
        ({"clusterPriorityClass": "high"}, "priorityClassName", "high"),
        ({"clusterPrimaryUpdate": "supervised"}, "primaryUpdateStrategy", "supervised"),
        ({"clusterInstances": "1"}, "primaryUpdateMethod", "restart"),
        ({}, "primaryUpdateMethod", "switchover"),
        ({}, "switchoverDelay", 60),
        ({"clusterDurability": "none"}, "switchoverDelay", 3600),
        ({"clusterParameters": '{"work_mem": "64MB"}'}, "postgresql.parameters.work_mem", "64MB"),
        ({}, "enablePDB", True),
    ],
)
def test_an_option_reaches_its_field(stack: dict[str, str], path: str, wanted: object) -> None:
    found: Any = cluster(**stack)
    for key in path.split("."):
        found = found.get(key)
    assert found == wanted


def test_the_certificate_names_all_that_leads_to_the_server() -> None:
    names = cluster(postgresHost="db.example.com")["certificates"]["serverAltDNSNames"]
    assert names == sorted([
        "db.example.com", "localhost", "db-pooler", "db-pooler.creativeflow", "db-pooler.creativeflow.svc"
    ])  # fmt: skip


OUTSIDE = {"postgresHost": "db.example.com", "kubernetesServiceSources": "10.0.0.0/8,192.168.7.0/24"}


def test_a_load_balancer_keeps_its_clients_addresses_and_lets_in_the_stacks_networks_alone() -> None:
    made = objects(
        kubernetesService="LoadBalancer", kubernetesServiceAnnotations='{"a": "b"}', postgresPort="6000", **OUTSIDE
    )
    (service,) = made["cluster"]["spec"]["managed"]["services"]["additional"]
    assert service["serviceTemplate"]["metadata"] == {"name": "db-outside", "annotations": {"a": "b"}}
    assert service["serviceTemplate"]["spec"] == {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "loadBalancerSourceRanges": ["10.0.0.0/8", "192.168.7.0/24"],
        "ports": [{"name": "postgres", "protocol": "TCP", "port": 6000, "targetPort": 5432}],
    }
    blocks = [
        source for rule in made["network-db"]["spec"]["ingress"] for source in rule["from"] if "ipBlock" in source
    ]
    assert blocks == [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": {"cidr": "192.168.7.0/24"}}]


def test_a_nodes_port_leads_to_the_primary_from_every_node() -> None:
    spec = cluster(kubernetesService="NodePort", postgresPort="30500", **OUTSIDE)
    (service,) = spec["managed"]["services"]["additional"]
    assert service["serviceTemplate"]["spec"]["ports"][0]["nodePort"] == 30500
    assert service["serviceTemplate"]["spec"]["externalTrafficPolicy"] == "Cluster"


def test_only_the_operator_the_instances_and_labelled_pods_reach_the_database() -> None:
    rules = objects(kubernetesClientNamespaces="web", kubernetesOperatorNamespace="cnpg")["network-db"]["spec"][
        "ingress"
    ]
    client = {"podSelector": {"matchLabels": {"creativeflow-database": "client"}}}
    assert [rule["from"] for rule in rules] == [
        [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg"}}},
            {"podSelector": {"matchLabels": {"cnpg.io/cluster": "db"}}},
        ],
        [client, {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}, **client}],
    ]
    assert [name for name in objects(kubernetesNetworkPolicy="false") if name.startswith("network")] == []


def test_the_pooler_shares_connections_and_insists_on_tls() -> None:
    spec = objects(poolerInstances="4", poolerPoolSize="7", poolerMaxClients="50", poolerMode="session")["pooler"][
        "spec"
    ]
    assert (spec["instances"], spec["type"], spec["pgbouncer"]["poolMode"]) == (4, "rw", "session")
    parameters = spec["pgbouncer"]["parameters"]
    assert (parameters["default_pool_size"], parameters["max_client_conn"]) == ("7", "50")
    assert parameters["client_tls_sslmode"] == "require"
    own = objects(poolerParameters='{"query_wait_timeout": "5"}')["pooler"]["spec"]["pgbouncer"]["parameters"]
    assert own["query_wait_timeout"] == "5"


def test_a_pooler_is_not_deleted_after_its_pods_which_the_operator_would_make_anew() -> None:
    annotations = objects()["pooler"]["metadata"]["annotations"]
    assert annotations == {"pulumi.com/deletionPropagationPolicy": "background"}


def test_without_a_pooler_there_is_no_policy_and_no_monitor_of_one() -> None:
    made = objects(poolerInstances="0", clusterPodMonitor="true")
    assert [name for name in made if "pooler" in name] == []
    assert made["monitor-db"]["spec"]["podMetricsEndpoints"] == [{"port": "metrics"}]


def test_backups_are_archived_by_the_plugin_from_the_first_moment() -> None:
    made = objects(
        backupEndpoint="https://s3.example.com", backupRetention="2w", backupSchedule="0 30 1 * * *", **BACKUP
    )
    assert made["cluster"]["spec"]["plugins"] == [
        {
            "name": "barman-cloud.cloudnative-pg.io",
            "isWALArchiver": True,
            "parameters": {"barmanObjectName": "db-backup", "serverName": "db"},
        }
    ]
    store = made["backup-store"]["spec"]
    assert (store["retentionPolicy"], store["configuration"]["endpointURL"]) == ("2w", "https://s3.example.com")
    assert made["backup-schedule"]["spec"]["schedule"] == "0 30 1 * * *"
    assert made["backup-schedule"]["spec"]["immediate"] is True


def test_the_object_stores_keys_and_the_upkeeps_password_stay_secret() -> None:
    made = declare(**KUBERNETES, **BACKUP)
    assert is_secret(made["backup-credentials"], "an-access-key", "a-secret-key")
    assert inputs(made, "upkeep-credentials")["stringData"]["password"] == "value of upkeep-password"


def is_secret(args: MockResourceArgs, *values: str) -> bool:
    """Whether each value is there, and under a mark."""
    shown = args.inputs["stringData"]
    return rpc.is_rpc_secret(shown) and set(values) == {
        rpc.unwrap_rpc_secret(v) for v in rpc.unwrap_rpc_secret(shown).values()
    }


def test_a_cluster_begins_with_a_backup_and_stops_at_a_moment() -> None:
    spec = cluster(recoveryServer="old", backupServer="new", recoveryTargetTime="2026-01-31T12:00:00Z", **BACKUP)
    assert spec["bootstrap"] == {
        "recovery": {
            "source": "old",
            "database": "administrator",
            "owner": "administrator",
            "secret": {"name": "db-administrator"},
            "recoveryTarget": {"targetTime": "2026-01-31T12:00:00Z"},
        }
    }
    assert spec["externalClusters"][0]["plugin"]["parameters"] == {"barmanObjectName": "db-backup", "serverName": "old"}
    assert spec["plugins"][0]["parameters"]["serverName"] == "new"


def test_the_upkeep_logs_in_with_verify_full_and_calls_two_functions() -> None:
    spec = objects(upkeepSchedule="5 4 * * 0", flywaySchemas="one,two", partitionMonths="7")["upkeep"]["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert spec["schedule"] == "5 4 * * 0"
    assert [argument for argument in container["command"] if argument.startswith("--command")] == [
        '--command=SELECT "one".make_months_ahead(7)',
        '--command=SELECT "one".refuse_stray_rows()',
    ]
    assert environment == {
        "PGHOST": "db-rw",
        "PGDATABASE": "creativeflow",
        "PGUSER": "creativeflow_upkeep",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/certificates/ca.crt",
        "PGPASSWORD": None,
    }
    assert pod["volumes"][0]["secret"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}], "not the key of the CA"
    assert "upkeep" not in objects(upkeepSchedule="none")


@pytest.mark.parametrize(("protect", "kept"), [("true", {"namespace", "cluster"}), ("false", set())])
def test_what_holds_data_can_be_destroyed_once_the_protection_is_off(
    monkeypatch: pytest.MonkeyPatch, protect: str, kept: set[str]
) -> None:
    options: dict[str, pulumi.ResourceOptions | None] = {}
    declared = Declarer.object

    def recording(self: Declarer, name: str, *arguments: Any, **more: Any) -> pulumi.Resource:
        options[name] = arguments[1] if len(arguments) > 1 else None
        return declared(self, name, *arguments, **more)

    monkeypatch.setattr(Declarer, "object", recording)
    declare(**KUBERNETES, protect=protect)
    assert {name for name, given in options.items() if given and given.protect and given.retain_on_delete} == kept
    assert {"namespace", "cluster", "pooler"} <= set(options)
