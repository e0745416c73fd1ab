"""PostgreSQL's parameters for an instance, counted from its memory and its room for the write-ahead log.

What is not here keeps PostgreSQL's default, or CloudNativePG's: it sets what replication, archiving, TLS and logging
need (infra/kubernetes/values.py lists what it lets nobody else set). A stack's clusterParameters come last.
"""

from __future__ import annotations

from infra.kubernetes.settings import ClusterSettings
from infra.kubernetes.values import amount

_MIB = 1024**2
_CONNECTIONS = 100


def parameters(cluster: ClusterSettings) -> dict[str, str]:
    """All that `postgresql.parameters` of the Cluster says, by name."""
    return {
        **_memory(int(amount(cluster.memory)) // _MIB),
        **_write_ahead_log(_room_for_wal(cluster)),
        **_PLANNING,
        **_UPKEEP,
        **_SESSIONS,
        **_LOGGING,
        **cluster.parameters,
    }


def _memory(megabytes: int) -> dict[str, str]:
    buffers = megabytes // 4
    return {
        # A quarter, as PostgreSQL's documentation begins with; more is cached twice, by the kernel as well.
        "shared_buffers": f"{buffers}MB",
        # What the planner may count on to be in either cache. It allocates nothing.
        "effective_cache_size": f"{megabytes * 3 // 4}MB",
        # Every connection may sort and hash at once, some of them in two places, and still the pod's limit holds.
        "work_mem": f"{max(4, (megabytes - buffers) // (_CONNECTIONS * 2))}MB",
        # For CREATE INDEX, and for each of three autovacuum workers: a quarter of the memory at the very most.
        "maintenance_work_mem": f"{min(1024, max(32, megabytes // 16))}MB",
        # PgBouncer shares few connections among many clients; each costs megabytes, and time in every snapshot.
        "max_connections": str(_CONNECTIONS),
    }


def _write_ahead_log(megabytes: int) -> dict[str, str]:
    return {
        # Checkpoints by time, not by size: each makes the first write to a page cost a whole page in the log.
        "max_wal_size": f"{max(64, megabytes * 2 // 5)}MB",
        # Segments that are kept to be used again, so that a burst does not wait for new files.
        "min_wal_size": f"{max(32, megabytes // 10)}MB",
        # A replica that is away for long must not fill the primary's volume and stop it. It is made anew instead.
        "max_slot_wal_keep_size": f"{max(64, megabytes // 2)}MB",
        # A longer time writes less. A failover does not wait for it: a standby has replayed the log already.
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        # A few percent of a core for half the log, and with it half of what replicas and the archive are sent.
        "wal_compression": "lz4",
        # How often a standby looks for the new primary after a failover. A commit waits for one that has found it.
        "wal_retrieve_retry_interval": "1s",
    }


def _room_for_wal(cluster: ClusterSettings) -> int:
    """In MiB: a volume of its own, or a fifth of the data's."""
    if cluster.wal is not None:
        return int(amount(cluster.wal.size)) // _MIB
    return int(amount(cluster.storage.size)) // _MIB // 5


_PLANNING = {
    # On solid state disks a random page costs hardly more than the next one.
    "random_page_cost": "1.1",
    # Compiling costs more than the short queries of an application take, the more with many partitions to plan for.
    "jit": "off",
}
_UPKEEP = {
    # A twentieth of a large table's rows is a long vacuum already; PostgreSQL waits for a fifth.
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    # Ten times the default pace, which was chosen for spinning disks.
    "autovacuum_vacuum_cost_limit": "2000",
}
_SESSIONS = {
    # A session that forgot its transaction holds locks and keeps vacuum from cleaning. Roles have their own, shorter.
    "idle_in_transaction_session_timeout": "10min",
    # A client whose node is gone is noticed in a minute or so, rather than in two hours.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    # What the roles' verifiers are; a password that somebody sets by hand is hashed alike.
    "password_encryption": "scram-sha-256",
}
_LOGGING = {
    # What is slow, what waits, what spills: the three questions after an incident.
    "log_min_duration_statement": "1s",
    "log_lock_waits": "on",
    "log_temp_files": "10MB",
    "log_checkpoints": "on",
    "log_autovacuum_min_duration": "1min",
    # No value of a parameter reaches the log: it may be a secret or somebody's personal data.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "track_io_timing": "on",
}
