"""A ledger grows and never changes: what was written stays, but for what is known only later."""

from __future__ import annotations

import psycopg
import pytest

from tests.schema.rows import delete, insert


@pytest.mark.parametrize("table", ["CreditTransaction", "UsageLog"])
def test_a_row_cannot_be_deleted(connection: psycopg.Connection, table: str) -> None:
    row = insert(connection, table)
    with pytest.raises(psycopg.errors.RestrictViolation, match=rf"DELETE of row {row} .* correct it by a further row"):
        delete(connection, table, row)


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE "CreditTransaction" SET amount = 1000""",
        """UPDATE "CreditTransaction" SET description = 'never mind', "syncedAt" = now()""",
        """UPDATE "CreditTransaction" SET "createdAt" = '2001-01-01Z'""",
        """UPDATE "UsageLog" SET "creditsCost" = 0""",
    ],
)
def test_a_row_cannot_be_changed(connection: psycopg.Connection, statement: str) -> None:
    insert(connection, "CreditTransaction")
    insert(connection, "UsageLog")
    with pytest.raises(psycopg.errors.RestrictViolation, match=r"UPDATE of row .* append-only"):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE "CreditTransaction" SET "syncedAt" = now(), "odooInvoiceId" = 'INV/2031/7', amount = 10""",
        """UPDATE "UsageLog" SET details = '{"erased": true}'""",
    ],
)
def test_what_is_known_later_is_filled_in(connection: psycopg.Connection, statement: str) -> None:
    insert(connection, "CreditTransaction", amount=10)
    insert(connection, "UsageLog", details={"name": "Ada"})
    assert connection.execute(statement.encode()).rowcount == 1


def test_the_refusal_holds_in_a_month_too(connection: psycopg.Connection) -> None:
    connection.execute("SELECT create_partitions(0, '2031-11-01Z')")
    row = insert(connection, "CreditTransaction", createdAt="2031-11-05T00:00Z")
    with pytest.raises(psycopg.errors.RestrictViolation, match="CreditTransaction_2031_11"):
        delete(connection, "CreditTransaction", row)
