"""The guide to production names keys that exist, and commands that set them."""

from __future__ import annotations

import re

from infra.config import KEYS, SECRETS
from tests.servers import ROOT
from tests.unit.test_kubernetes_settings import kubernetes

GUIDE = (ROOT / "docs" / "production.md").read_text()
KEY = re.compile(r"\b(?:kubernetes|cluster|pooler|backup|recovery|upkeep|postgres|admin|migrator|app|readonly)[A-Z]\w*")


def test_every_key_that_the_guide_names_exists() -> None:
    named = set(KEY.findall(GUIDE))
    assert named
    assert named - set(KEYS) == set()


def test_secrets_are_set_as_secrets_and_nothing_else_is() -> None:
    secret = set(re.findall(r"--secret (\w+)", GUIDE))
    plain = set(re.findall(r"--plaintext (\w+)|config set --stack \w+ (?:--path )?(\w+)", GUIDE))
    assert secret
    assert secret <= set(SECRETS)
    assert not re.search(r"--secret \w+=", GUIDE), "a command line is no place for a secret"
    assert {key for pair in plain for key in pair if key} <= set(KEYS) - set(SECRETS)


def test_the_defaults_in_the_guide_are_those_of_the_program() -> None:
    rows = dict(re.findall(r"^\| `(cluster\w+)` \| (\S+) \|", GUIDE, re.MULTILINE))
    cluster = kubernetes().cluster
    assert cluster.wal is not None
    assert rows == {
        "clusterInstances": str(cluster.instances),
        "clusterMemory": cluster.memory,
        "clusterCpu": cluster.cpu,
        "clusterStorageSize": cluster.storage.size,
        "clusterWalSize": cluster.wal.size,
        "clusterDurability": cluster.durability,
        "clusterTopologyKey": cluster.topology_key,
    }


def test_from_an_empty_cluster_it_takes_ten_commands() -> None:
    section = GUIDE.split("## From an empty cluster to production")[1].split("## ")[0]
    (commands,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert len(commands.strip().splitlines()) == 10
