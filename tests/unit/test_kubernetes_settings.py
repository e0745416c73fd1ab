"""What a stack may say of Kubernetes, what it gets when it says nothing, and what is said of each mistake."""

from __future__ import annotations

import json

import pytest
import yaml

from infra.config import KUBERNETES_KEYS
from infra.kubernetes.settings import KubernetesSettings
from tests.servers import ROOT
from tests.unit.test_settings import HASH, problems, read

MINIMAL = {"server": "kubernetes", "adminEmail": "admin@example.com", "adminPasswordHash": HASH}
BACKUP = {
    "backupDestination": "s3://bucket/path",
    "backupAccessKey": "an-access-key",
    "backupSecretKey": "a-secret-key",
}


def kubernetes(**stack: str) -> KubernetesSettings:
    found = read({**MINIMAL, **stack}).server.kubernetes
    assert found is not None
    return found


def test_who_says_nothing_gets_three_instances_that_lose_no_commit() -> None:
    settings = kubernetes()
    assert (settings.cluster.instances, settings.cluster.durability) == (3, "required")
    assert settings.cluster.anti_affinity == "required"
    assert settings.cluster.wal is not None
    assert settings.place.network_policy
    assert read(MINIMAL).protect
    assert read(MINIMAL).server.password is None, "it is generated"


def test_the_defaults_in_the_project_file_are_those_of_the_program() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = {key: declared[f"creativeflow:{key}"]["default"] for key in KUBERNETES_KEYS}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in defaults.items()}
    assert kubernetes(**texts) == kubernetes()


@pytest.mark.parametrize(
    ("stack", "address"),
    [
        ({}, ("db-rw.creativeflow.svc", 5432)),
        ({"postgresDb": "Other_one", "clusterName": "pg"}, ("pg-rw.other-one.svc", 5432)),
        ({"kubernetesNamespace": "data"}, ("db-rw.data.svc", 5432)),
        ({"postgresHost": "db.example.com", "postgresPort": "6000"}, ("db.example.com", 6000)),
        ({"kubernetesAccess": "tunnel"}, ("localhost", 15432)),
        ({"kubernetesAccess": "tunnel", "postgresPort": "25432"}, ("localhost", 25432)),
    ],
)
def test_the_address_is_known_before_there_is_a_cluster(stack: dict[str, str], address: tuple[str, int]) -> None:
    server = read({**MINIMAL, **stack}).server
    assert (server.host, server.port) == address
    assert server.sslmode == "verify-full"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("postgresHost", "10.0.0.1", ['"10.0.0.1"', "certificate holds no addresses"]),
        ("postgresUser", "postgres", ['"postgres"', "not CloudNativePG's own"]),
        ("postgresUser", "O'Brien", ["small letters"]),
        ("postgresSslMode", "require", ["verify-full"]),
        ("kubernetesAccess", "ssh", ["service, tunnel"]),
        ("kubernetesNamespace", "My_Space", ['"My_Space"', "RFC 1123"]),
        ("kubernetesService", "Ingress", ["ClusterIP, LoadBalancer, NodePort"]),
        ("kubernetesServiceSources", "10.0.0.300/8", ['"10.0.0.300/8"', "10.0.0.0/8"]),
        ("kubernetesServiceAnnotations", "[]", ["an object"]),
        ("kubernetesTimeout", "5", ["10 to 7200"]),
        ("clusterName", "a" * 51, ["at most 50 characters"]),
        ("clusterInstances", "0", ["1 to 100"]),
        ("clusterImage", "postgres:16", ['"postgres:16"', "17 or newer"]),
        ("clusterImage", "postgres", ["17 or newer"]),
        ("clusterDurability", "maybe", ["required, preferred, none"]),
        ("clusterStorageSize", "50 GB", ['"50 GB"', "a quantity", "pulumi config set clusterStorageSize 50Gi"]),
        ("clusterWalSize", "0", ['"0"', "a quantity"]),
        ("clusterCpu", "two", ["a quantity"]),
        ("clusterMemory", "4G", ["Mi or Gi"]),
        ("clusterAntiAffinity", "off", ["required, preferred"]),
        ("clusterTolerations", "{}", ["a list of objects"]),
        ("clusterNodeSelector", "not json", ["an object", "pulumi config set --path 'clusterNodeSelector"]),
        ("clusterParameters", '{"archive_command": "x"}', ['"archive_command"', "CloudNativePG sets itself"]),
        ("clusterParameters", '{"listen_addresses": "x"}', ["must keep its default"]),
        ("clusterParameters", '{"password_encryption": "md5"}', ["SCRAM verifiers"]),
        ("clusterParameters", '{"work mem": "1MB"}', ['"work mem"', "parameters and their values"]),
        ("poolerMode", "statement", ["transaction, session"]),
        ("upkeepSchedule", "daily", ['"daily"', "five fields", "pulumi config set upkeepSchedule '17 3 * * *'"]),
        ("recoveryServer", "old", ["backupDestination is missing"]),
    ],
)
def test_a_mistake_is_one_line_that_says_what_is_allowed(key: str, value: str, said: list[str]) -> None:
    (line,) = problems({**MINIMAL, key: value})
    assert [part for part in said if part not in line] == []


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ({"kubernetesAccess": "tunnel", "postgresHost": "db.example.com"}, "localhost, where a tunnel begins"),
        (
            {
                "kubernetesAccess": "tunnel",
                "kubernetesService": "LoadBalancer",
                "kubernetesServiceSources": "10.0.0.0/8",
            },
            "service, as there is a LoadBalancer",
        ),
        ({"backupDestination": "/mnt/backups"}, "an address such as s3://bucket/path"),
        ({"backupSchedule": "0 2 * * *"}, "six fields"),
        ({"backupRetention": "1y"}, "30d, 4w or 1m"),
        ({"backupEndpoint": "s3.example.com"}, "the URL of an object store"),
        ({"recoveryServer": "db"}, "a second history of db"),
        ({"recoveryServer": "old", "recoveryTargetTime": "yesterday"}, "a moment with its zone"),
        ({"kubernetesService": "LoadBalancer", "postgresHost": "a.example"}, "kubernetesServiceSources is missing"),
        ({"kubernetesService": "LoadBalancer", "kubernetesServiceSources": "10.0.0.0/8"}, "postgresHost is missing"),
        (
            {
                "kubernetesService": "NodePort",
                "postgresHost": "a.example",
                "kubernetesServiceSources": "10.0.0.0/8",
                "postgresPort": "5432",
            },
            "30000 to 32767",
        ),
    ],
)
def test_what_does_not_go_together_is_said(stack: dict[str, str], said: str) -> None:
    (line,) = problems({**MINIMAL, **BACKUP, **stack})
    assert said in line


def test_backups_need_their_keys() -> None:
    lines = problems({**MINIMAL, "backupDestination": "s3://bucket"})
    assert ["backupAccessKey is missing" in lines[0], "backupSecretKey is missing" in lines[1]] == [True, True]
    assert "--secret" in lines[0]


def test_no_key_of_the_object_store_is_in_the_representation_of_the_settings() -> None:
    settings = kubernetes(**BACKUP)
    assert [secret for secret in ("an-access-key", "a-secret-key") if secret in repr(settings)] == []
