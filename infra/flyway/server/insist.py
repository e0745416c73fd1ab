"""A condition without which a message to the server goes no further, with words by which its failure is known."""

from __future__ import annotations

import psycopg


def insist(condition: str, words: str) -> str:
    """An expression that fails, with `words`, unless the condition is true: it casts them to a number."""
    return f"(CASE WHEN {condition} THEN '1' ELSE '{words}' END)::integer"


def failed_with(error: BaseException | None, words: str) -> bool:
    """Whether this is such a failure. How the server quotes the words depends on its language."""
    return isinstance(error, psycopg.Error) and words in str(error)
