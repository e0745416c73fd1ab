"""PostgreSQL's parameters follow the memory and the room for the log; the quantities that they are counted from."""

from __future__ import annotations

from decimal import Decimal

import pytest

from infra.kubernetes.values import FIXED_PARAMETERS, amount
from infra.server.kubernetes.parameters import parameters
from tests.unit.test_kubernetes_settings import kubernetes


def test_memory_is_shared_out() -> None:
    large = parameters(kubernetes(clusterMemory="16Gi").cluster)
    assert (large["shared_buffers"], large["effective_cache_size"]) == ("4096MB", "12288MB")
    assert (large["work_mem"], large["maintenance_work_mem"]) == ("61MB", "1024MB")
    small = parameters(kubernetes(clusterMemory="256Mi").cluster)
    assert (small["shared_buffers"], small["work_mem"], small["maintenance_work_mem"]) == ("64MB", "4MB", "32MB")


@pytest.mark.parametrize("memory", ["512Mi", "4Gi", "64Gi"])
def test_every_connection_may_sort_twice_and_vacuum_run_within_the_pods_limit(memory: str) -> None:
    found = {name: int(value.removesuffix("MB")) for name, value in _sizes(memory).items()}
    used = found["shared_buffers"] + 2 * found["max_connections"] * found["work_mem"]
    assert used <= max(amount(memory) / 1024**2, found["shared_buffers"] + 800)


def _sizes(memory: str) -> dict[str, str]:
    names = ("shared_buffers", "work_mem", "max_connections")
    return {name: parameters(kubernetes(clusterMemory=memory).cluster)[name] for name in names}


@pytest.mark.parametrize(
    ("stack", "limit"),
    [({"clusterWalSize": "10Gi"}, 10240), ({"clusterWalSize": "none", "clusterStorageSize": "50Gi"}, 10240)],
)
def test_the_log_never_fills_its_room(stack: dict[str, str], limit: int) -> None:
    found = parameters(kubernetes(**stack).cluster)
    largest, kept = (int(found[name].removesuffix("MB")) for name in ("max_wal_size", "max_slot_wal_keep_size"))
    assert largest + kept < limit
    assert (largest, kept) == (4096, 5120)


def test_a_stacks_own_parameters_come_last() -> None:
    assert parameters(kubernetes(clusterParameters='{"max_connections": "300"}').cluster)["max_connections"] == "300"


def test_none_of_ours_is_one_that_cloudnativepg_sets() -> None:
    ours = set(parameters(kubernetes().cluster)) - {"password_encryption"}
    assert ours & set(FIXED_PARAMETERS) == set()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        ("1.5", "1.5"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("2Gi", "2147483648"),
        ("1G", "1e9"),
    ],
)
def test_a_quantity_is_a_number(text: str, number: str) -> None:
    assert amount(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "Gi", "1gi", "1 Gi", "-1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        amount(text)
