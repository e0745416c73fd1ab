"""Every foreign key is served by an index, and the indexes that the specification names are there, each once."""

from __future__ import annotations

import psycopg
import pytest

NAMED = [
    ("User_email_key", "btree (email)"),
    ("User_email_lower_idx", "btree (lower((email)::text))"),
    ("User_username_key", "btree (username)"),
    ("User_subscriptionTier_idx", 'btree ("subscriptionTier")'),
    ("User_socialProvider_socialProviderId_key", 'btree ("socialProvider", "socialProviderId")'),
    ("GenerationRequest_status_idx", "btree (status)"),
    ("GenerationRequest_createdAt_idx", 'btree ("createdAt")'),
    ("Session_expiresAt_idx", 'btree ("expiresAt")'),
    ("Session_lastActivity_idx", 'btree ("lastActivity")'),
    ("Notification_userId_unread_idx", 'btree ("userId", "createdAt") WHERE (NOT "isRead")'),
    ("Notification_createdAt_idx", 'btree ("createdAt")'),
    ("CreditTransaction_createdAt_idx", 'btree ("createdAt")'),
    ("UsageLog_timestamp_idx", 'btree ("timestamp")'),
    ("BrandKit_colors_idx", "gin (colors jsonb_path_ops)"),
    ("BrandKit_fonts_idx", "gin (fonts jsonb_path_ops)"),
    ("Template_tags_idx", "gin (tags)"),
]


@pytest.mark.parametrize(("name", "definition"), NAMED)
def test_an_index_that_the_specification_names_exists(
    connection: psycopg.Connection, name: str, definition: str
) -> None:
    found = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = %s", [name]
    ).fetchone()
    assert found is not None
    assert found[0].partition(" USING ")[2] == definition


def test_every_foreign_key_leads_a_whole_index(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT k.conname, EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1]"
        "   AND i.indpred IS NULL AND i.indisvalid)"
        " FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0"  # a partition's are its table's
        "   AND k.connamespace = current_schema()::regnamespace"
    ).fetchall()
    assert len(found) == 42
    assert [name for name, served in found if not served] == []


def test_no_two_indexes_are_the_same(connection: psycopg.Connection) -> None:
    found = connection.execute(
        "SELECT tablename, array_agg(indexname) FROM pg_indexes WHERE schemaname = current_schema()"
        " GROUP BY tablename, split_part(indexdef, ' USING ', 2) HAVING count(*) > 1"
    ).fetchall()
    assert found == []
