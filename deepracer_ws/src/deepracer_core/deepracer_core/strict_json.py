"""JSON from strangers: what the standard allows and no more, within limits, or a precise error."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from deepracer_core.errors import JsonError

MAX_BYTES = 1 << 20
"""Largest document [bytes]; the configuration files of models have a few kilobytes."""

MAX_DEPTH = 32
"""Deepest nesting of lists and objects; those of models have three or four."""


def loads(data: str | bytes) -> Any:
    """Read a JSON document.

    Python's reader is more lenient than the standard and keeps the last of two equal keys; here a
    repeated key, NaN, an infinity or a number beyond float64 is an error.

    Args:
        data: The document, UTF-8 if it is bytes; a byte order mark is skipped.

    Raises:
        JsonError: the document is too large, too deep, no UTF-8 or no strict JSON.
    """
    encoded = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(encoded) > MAX_BYTES:
        raise JsonError(
            f"{len(encoded)} bytes are more than {MAX_BYTES}: remove what is not needed"
        )
    try:
        value = json.loads(
            encoded.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise JsonError(_too_deep()) from error
    except json.JSONDecodeError as error:
        raise JsonError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8: save the file as UTF-8") from error
    _check_depth(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"the key {repeated!a} stands twice in one object: remove one of them")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is no JSON number: write a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError(f"the number {text[:40]} is beyond the range of float64")
    return value


def _integer(text: str) -> int:
    """An integer that float64 can hold; no conversion of a million digits is even begun."""
    _finite(text)
    return int(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise JsonError(_too_deep())


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep() -> str:
    return f"lists and objects are nested deeper than {MAX_DEPTH} levels: flatten them"
