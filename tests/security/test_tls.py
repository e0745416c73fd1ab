"""A connection is verified unless the stack asks for less, which no preview passes over."""

from __future__ import annotations

import pulumi
import pytest

from infra.server import external
from infra.settings import ServerSettings, SettingsError, load
from tests.unit.test_settings import DEV, HASH

_SECRETS = {"postgresPassword": "a-password", "adminPasswordHash": HASH}
_EXTERNAL = {**DEV, **_SECRETS, "server": "external", "postgresUser": "me"}


def server(**stack: str) -> ServerSettings:
    return load({**_EXTERNAL, "postgresHost": "no-such-host.invalid", **stack}, set(_SECRETS), {}).server


def warnings(settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the program warns of before it connects."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    with pytest.raises(SettingsError):
        external.provision(settings, "creativeflow")
    return told


def test_a_server_is_verified_where_the_stack_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server().sslmode == "verify-full"
    assert warnings(server(), monkeypatch) == []
    kubernetes = load({**DEV, "server": "kubernetes", "adminPasswordHash": HASH}, {"adminPasswordHash"}, {})
    assert kubernetes.server.sslmode == "verify-full"
    with pytest.raises(SettingsError, match="postgresSslMode"):
        load({**DEV, "server": "kubernetes", "postgresSslMode": "require", "adminPasswordHash": HASH}, set(), {})


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("disable", "sends passwords and data in the clear"),
        ("require", "does not prove that the server is the right one"),
        ("verify-ca", "does not prove that the server is the right one"),
    ],
)
def test_a_weaker_mode_is_a_warning(mode: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = warnings(server(postgresSslMode=mode), monkeypatch)
    assert told == [f"postgresSslMode {mode} {said}: set it to verify-full"]


@pytest.mark.parametrize(
    ("host", "mode", "count"), [("127.0.0.1", "disable", 0), ("::1", "disable", 0), ("localhost", "require", 1)]
)
def test_what_does_not_leave_the_machine_needs_no_tls(
    host: str, mode: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = warnings(server(postgresHost=host, postgresPort="1", postgresSslMode=mode), monkeypatch)
    assert len(told) == count
