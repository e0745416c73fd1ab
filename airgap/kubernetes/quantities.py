"""Quantities such as 500m and 1Gi in the form in which the API server returns them.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/: of the suffixes of its series, the
largest with which no fraction is left.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(n|u|m|k|M|G|T|P|E|[KMGTPE]i)?")


def canonical(value: Any) -> Any:
    """The quantity as the API server writes it; what is none, or has an exponent, is left as it is."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if not found or isinstance(value, bool):
        return value
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix.endswith("i"):
        amount = number * 1024 ** _BINARY.index(suffix)
        if amount == amount.to_integral_value() and abs(amount) >= 1024:
            return _scaled(amount, _BINARY, 1024)
        return _decimal(amount)
    return _decimal(number * Decimal(1000) ** (_DECIMAL.index(suffix) - 3))


def _decimal(amount: Decimal) -> str:
    nano = (amount * 10**9).to_integral_value(rounding="ROUND_UP")
    return _scaled(nano, _DECIMAL, 1000) if nano else "0"


def _scaled(amount: Decimal, suffixes: tuple[str, ...], base: int) -> str:
    step = 0
    while step + 1 < len(suffixes) and amount % base == 0 and amount:
        amount /= base
        step += 1
    return f"{amount.to_integral_value():f}{suffixes[step]}"
