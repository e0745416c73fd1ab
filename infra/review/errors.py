"""Why there is no review."""

from __future__ import annotations


class ReviewError(Exception):
    """What kept the review from being made, where, and what to do next, in one line."""
