"""A database as full as a busy platform's after two years, and the queries that the platform lives on.

The benchmark measures these queries, and a test shows that each uses the index that was made for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

MONTHS = 24
CREDIT_TRANSACTIONS = 1_000_000
_FILL = """
SELECT setseed(0.5);
SELECT count(*) FROM create_partitions(%(months)s - 1, now() - make_interval(months => %(months)s - 1));

CREATE TEMPORARY TABLE member AS
  SELECT n, md5('user ' || n)::uuid AS id FROM generate_series(0, 4999) AS n;
INSERT INTO "User" (id, email, "passwordHash") SELECT id, 'user' || n || '@example.com', 'x' FROM member;

-- As it grows: in the order of time, over all users. Most notifications go to the few who work here all day.
CREATE FUNCTION pg_temp.moment(share float) RETURNS timestamptz LANGUAGE sql VOLATILE RETURN
  date_trunc('month', now(), 'UTC') - make_interval(months => %(months)s - 1)
  + share * (now() - date_trunc('month', now(), 'UTC') + make_interval(months => %(months)s - 1));
INSERT INTO "CreditTransaction" ("userId", amount, "actionType", "createdAt")
  SELECT md5('user ' || (random() * 4999)::int)::uuid, -0.25, 'sample_generation',
         pg_temp.moment(n::float / %(transactions)s)
  FROM generate_series(1, %(transactions)s) AS n;
INSERT INTO "Notification" ("userId", type, message, "isRead", "createdAt")
  SELECT md5('user ' || n %% 200)::uuid, 'generation_completed', 'Your creative is ready', random() > 0.02,
         pg_temp.moment(n::float / 200000)
  FROM generate_series(1, 200000) AS n;
INSERT INTO "Session" ("userId", "createdAt", "expiresAt")
  SELECT md5('user ' || n %% 5000)::uuid, now() - interval '30 days', now() + (n - 1000) * interval '1 minute'
  FROM generate_series(1, 50000) AS n;
INSERT INTO "Template" ("userId", name, category, "previewUrl", tags)
  SELECT md5('user ' || n %% 5000)::uuid, 'template ' || n, 'social_post', 'preview/' || n,
         jsonb_build_array('tag-' || n %% 500, 'tag-' || n %% 7)
  FROM generate_series(1, 20000) AS n;
INSERT INTO "BrandKit" ("userId", name, colors)
  SELECT md5('user ' || n %% 5000)::uuid, 'kit ' || n,
         jsonb_build_array(jsonb_build_object('name', 'primary', 'hex', '#' || lpad(to_hex(n), 6, '0')))
  FROM generate_series(1, 20000) AS n;
"""


@dataclass(frozen=True)
class Query:
    """A query of the application: what it is for, the index that serves it, and how many months it may look into."""

    name: str
    text: str
    index: str
    months: int | None = None


QUERIES = (
    Query(
        "a user's balance, the last 60 days",
        'SELECT "createdAt", amount, sum(amount) OVER (ORDER BY "createdAt") FROM "CreditTransaction"'
        """ WHERE "userId" = md5('user 42')::uuid AND "createdAt" > now() - interval '60 days' ORDER BY "createdAt" """,
        "CreditTransaction_userId_createdAt_idx",
        months=3,
    ),
    Query(
        "a user's balance, the whole of it",
        'SELECT "createdAt", amount FROM "CreditTransaction"'
        """ WHERE "userId" = md5('user 42')::uuid ORDER BY "createdAt" DESC LIMIT 50""",
        "CreditTransaction_userId_createdAt_idx",
    ),
    Query(
        "a user's unread notifications",
        'SELECT id, type, message, "createdAt" FROM "Notification"'
        """ WHERE "userId" = md5('user 42')::uuid AND NOT "isRead" ORDER BY "createdAt" DESC LIMIT 20""",
        "Notification_userId_unread_idx",
    ),
    Query(
        "templates by tag",
        """SELECT id, name FROM "Template" WHERE tags ? 'tag-123'""",
        "Template_tags_idx",
    ),
    Query(
        "brand kits by colour",
        """SELECT id, name FROM "BrandKit" WHERE colors @> '[{"hex": "#000fff"}]'""",
        "BrandKit_colors_idx",
    ),
    Query(
        "sessions to expire",
        """SELECT id FROM "Session" WHERE "expiresAt" < now() ORDER BY "expiresAt" LIMIT 1000""",
        "Session_expiresAt_idx",
    ),
)


def fill(connection: psycopg.Connection) -> None:
    """Fill the tables in the connection's search_path, whose schema is new. The role is a superuser.

    Foreign keys are not checked: the rows are right, and a million look-ups would take most of the time.
    """
    values = {"months": MONTHS, "transactions": CREDIT_TRANSACTIONS}
    with connection.transaction(), psycopg.ClientCursor(connection) as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_FILL, values)
    connection.execute("VACUUM ANALYZE")
