"""What Kubernetes and CloudNativePG take as a name, a quantity, a schedule or a parameter."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from decimal import Decimal

LABEL = r"[a-z]([-a-z0-9]*[a-z0-9])?"
"""A name that may be a host's, as a Service needs (RFC 1035)."""

QUANTITY = r"[1-9]\d{0,8}(\.\d{1,3})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?"
ADMINISTRATOR = r"(?!pg_|cnpg_|postgres$|streaming_replica$)[a-z_][a-z0-9_]{0,62}"
"""A role's name that is neither PostgreSQL's nor CloudNativePG's own, and needs no quotes."""

PARAMETER = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?"
RETENTION = r"[1-9]\d*[dwm]"
"""The pattern of retentionPolicy in the plugin's ObjectStore."""

_CRON_FIELD = r"(\*|\d+(-\d+)?)(/\d+)?(,(\*|\d+(-\d+)?)(/\d+)?)*"
CRON = rf"{_CRON_FIELD}( {_CRON_FIELD}){{4}}"
CRON_WITH_SECONDS = rf"{_CRON_FIELD}( {_CRON_FIELD}){{5}}"

_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate(("K", "M", "G", "T", "P"), 1)},
}
_BLOCKED = "which must keep its default for CloudNativePG to work"
_FIXED = "which CloudNativePG sets itself"
# pkg/postgres/configuration.go of CloudNativePG 1.28, FixedConfigurationParameters
_BLOCKED_NAMES = """
    allow_system_table_mods archive_cleanup_command bonjour bonjour_name config_file data_directory data_sync_retry
    event_source external_pid_file hba_file hot_standby ident_file jit_provider listen_addresses log_destination
    log_directory log_file_mode log_filename log_rotation_age log_rotation_size log_truncate_on_rotation
    logging_collector promote_trigger_file recovery_end_command recovery_min_apply_delay restart_after_crash
    stats_temp_directory syslog_facility syslog_ident syslog_sequence_numbers syslog_split_messages
    unix_socket_directories unix_socket_group unix_socket_permissions
"""
_FIXED_NAMES = """
    archive_command archive_mode cluster_name pg_failover_slots.primary_dsn pg_failover_slots.standby_slot_names port
    primary_conninfo primary_slot_name recovery_target recovery_target_action recovery_target_inclusive
    recovery_target_lsn recovery_target_name recovery_target_time recovery_target_timeline recovery_target_xid
    restore_command
    shared_preload_libraries ssl ssl_ca_file ssl_cert_file ssl_crl_file ssl_dh_params_file ssl_key_file
    ssl_passphrase_command ssl_passphrase_command_supports_reload ssl_prefer_server_ciphers synchronized_standby_slots
    synchronous_standby_names temp_tablespaces
"""
FIXED_PARAMETERS = {
    **dict.fromkeys(_BLOCKED_NAMES.split(), _BLOCKED),
    **dict.fromkeys(_FIXED_NAMES.split(), _FIXED),
    "password_encryption": "which stays scram-sha-256: the roles' passwords are SCRAM verifiers",
    "allow_alter_system": "which stays off: what a server is told by hand would be lost with its pod",
}
"""Parameters of PostgreSQL that a stack may not set, and why."""


def amount(quantity: str) -> Decimal:
    """The number that a quantity stands for: bytes, or cores. Raises ValueError for what is none."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", quantity)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f'"{quantity}" is no quantity of Kubernetes')
    return Decimal(match[1]) * _UNITS[match[2]]


def is_cidr(text: str) -> bool:
    """Whether this is a network with its prefix's length."""
    try:
        return "/" in text and bool(ipaddress.ip_network(text))
    except ValueError:
        return False


def is_address(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def is_moment(text: str) -> bool:
    """Whether this is a date and time with a zone, as RFC 3339 has it."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
