"""Names and values as somebody would choose them who wants them to be read as SQL, or to command a terminal."""

from __future__ import annotations

from hypothesis import strategies as st

_QUOTES = ("'", "''", '"', '""', ";", "--", "/*", "*/", "\\", "\\'", "$$", "$q$")
_PARAMETERS = ("$1", "%", "%s", "%(x)s", "{}", "{0}", "${a}", ":x", ":'x'")
_INVISIBLE = ("\n", "\r\n", "\t", " ", "\x1b[2J", "\x7f", "\u202e", "\u2028", "\ufeff")
_WORDS = ("'); DROP TABLE public.canary; --", '"; DROP TABLE public.canary; --', "public", "pg_catalog", "A", "a", "ü")
_ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
_LONGEST = 63  # bytes: PostgreSQL cuts a longer name off

values = st.lists(st.sampled_from(_QUOTES + _PARAMETERS + _INVISIBLE + _WORDS) | _ANYTHING, max_size=8).map("".join)


def _cut(text: str) -> str:
    return text.encode()[:_LONGEST].decode(errors="ignore")


names = values.map(_cut).filter(lambda name: name and name != "public" and not name.startswith("pg_"))
