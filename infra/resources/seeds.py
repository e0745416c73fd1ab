"""All seeds of a stack as one resource, whose input is a map from each seed to its checksum."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from infra.connection import ConnectionFailed
from infra.flyway.errors import FlywayError
from infra.resources import Provider, tell_applied, told_plainly
from infra.resources.login import LoginInputs, known, login


class SeedsProvider(Provider):
    """Scans and runs. Keeps nothing between calls, and deletes nothing."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Fill in the seeds on disk. A mistake in one that is new or was changed is a failure."""
        from infra import seeds

        try:
            found = seeds.scan_seeds(Path.cwd() / news["folder"])
        except FlywayError as error:
            return dynamic.CheckResult(news, [dynamic.CheckFailure("seeds", line) for line in str(error).splitlines()])
        before = olds.get("seeds") or {}
        news["seeds"] = {seed.name: str(seed.checksum) for seed in found}
        changed = [seed for seed in found if before.get(seed.name) != news["seeds"][seed.name]]
        failures = [dynamic.CheckFailure("seeds", str(mistake)) for mistake in seeds.mistakes(changed)]
        return dynamic.CheckResult(news, failures)

    def diff(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Different where the database lacks a seed, such as one restored from a backup. Else Pulumi compares."""
        from infra import seeds

        if not known(news):
            return dynamic.DiffResult()
        try:
            history = seeds.read_seed_history(login(news).connect, news["schema"])
        except (ConnectionFailed, FlywayError):
            return dynamic.DiffResult()  # the migrations, which come first, say so
        applied = {name: str(seeded.checksum) for name, seeded in history.items()}
        return dynamic.DiffResult(changes=None if news["seeds"].items() <= applied.items() else True)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(f"{props['database']}.{props['schema']}", _run(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(_run(news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """The seeds that the history says ran."""
        from infra import seeds

        with told_plainly():
            history = seeds.read_seed_history(login(props).connect, props["schema"])
        found = {**props, "seeds": {name: str(seeded.checksum) for name, seeded in history.items()}}
        return dynamic.ReadResult(id_, found, found)


def _run(props: dict[str, Any]) -> dict[str, Any]:
    """Run what is pending, telling of each seed, and return the outputs."""
    from infra import seeds

    def tell(applied: seeds.AppliedSeed) -> None:
        tell_applied(applied.name, applied.execution_time_ms)

    with told_plainly():
        found = seeds.scan_seeds(Path.cwd() / props["folder"])
        seeds.run_seeds(login(props).connect, props["schema"], found, _values(props), tell)
    return props


def _values(props: Mapping[str, Any]) -> dict[str, str]:
    """What a seed reads with current_setting()."""
    return {
        "creativeflow.admin_email": props["adminEmail"],
        "creativeflow.admin_password_hash": props["adminPasswordHash"],
    }


class Seeds(dynamic.Resource, module="creativeflow", name="Seeds"):
    """The seeds of sql/seeds, applied."""

    def __init__(
        self,
        name: str,
        login: LoginInputs,
        *,
        schema: str,
        admin_email: str,
        admin_password_hash: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Run as `login`, in `schema`. The hash is a secret, and goes to the server as a bound value."""
        props = {
            **login.properties(),
            "schema": schema,
            "folder": "sql/seeds",
            "adminEmail": admin_email,
            "adminPasswordHash": admin_password_hash,
        }
        super().__init__(SeedsProvider(), name, props, opts)
