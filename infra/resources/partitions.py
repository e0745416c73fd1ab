"""The partitions of the months ahead as one resource, whose input is the last month that there must be.

A month that begins changes that input by itself, so that a pull request shows `~ through: "2027-01" => "2027-02"`. Each
preview and each `up` also looks into the database: a partition that is missing there is made, whatever the state says,
and rows that no month was there for are reported.
"""

from __future__ import annotations

import datetime
import sys
from typing import Any

import pulumi
from pulumi import dynamic

from infra.connection import ConnectionFailed
from infra.flyway.errors import FlywayError
from infra.resources import Provider, told_plainly, warn
from infra.resources.login import LoginInputs, known, login


class PartitionsProvider(Provider):
    """Makes what is missing. Deletes nothing: old months are detached by whoever archives them."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Fill in the month, by this machine's clock."""
        from infra.partitions import through

        news["through"] = through(datetime.datetime.now(datetime.UTC), int(news["months"]))
        return dynamic.CheckResult(news, [])

    def diff(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Different where the database lacks a month. Else Pulumi compares the inputs."""
        from infra.partitions import look

        if not known(news):
            return dynamic.DiffResult()
        try:
            state = look(login(news).connect, news["schema"], int(news["months"]))
        except (ConnectionFailed, FlywayError):
            return dynamic.DiffResult()  # the migrations, which come first, say so
        for stray in state.strays:
            warn(stray)
        return dynamic.DiffResult(changes=True if state.missing else None)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(f"{props['database']}.{props['schema']}", _make(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(_make(news))


def _make(props: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing, telling of it, and return the outputs."""
    from infra.partitions import create

    with told_plainly():
        made = create(login(props).connect, props["schema"], int(props["months"]))
    if made:
        print(f"partitions made: {', '.join(made)}", file=sys.stderr)
    return props


class Partitions(dynamic.Resource, module="creativeflow", name="Partitions"):
    """This month's partitions and those of `months` ahead, in `schema`."""

    def __init__(
        self, name: str, login: LoginInputs, *, schema: str, months: int, opts: pulumi.ResourceOptions
    ) -> None:
        """Made as `login`, which must act as the tables' owner."""
        super().__init__(PartitionsProvider(), name, {**login.properties(), "schema": schema, "months": months}, opts)
