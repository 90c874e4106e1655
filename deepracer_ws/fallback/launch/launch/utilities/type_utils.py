"""Typed values given as substitutions: checked at construction, converted by YAML rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args, get_origin

import yaml
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

_SCALARS = (int, float, bool, str)


def is_substitution(value: Any) -> bool:
    """Tell whether `value` is a substitution or a mix of text and at least one substitution."""
    if isinstance(value, Substitution):
        return True
    if isinstance(value, str) or not isinstance(value, Iterable):
        return False
    items = list(value)
    return all(isinstance(item, (Substitution, str)) for item in items) and any(
        isinstance(item, Substitution) for item in items
    )


def normalize_typed_substitution(value: Any, data_type: Any | None) -> Any:
    """Check a value, a substitution or a list of both against `data_type`.

    Args:
        value: A scalar, a substitution, or a list of scalars and substitutions.
        data_type: int, float, bool, str, List[one of these], or None for any of them.

    Returns:
        A scalar, a list of substitutions, or a tuple whose items are either.

    Raises:
        TypeError: `value` can never become a `data_type`.
        ValueError: `data_type` is not one of the allowed types.
    """
    scalar, is_list = _scalar_type(data_type)
    if isinstance(value, _SCALARS):
        if data_type is not None and (is_list or not isinstance(value, scalar)):
            raise TypeError(f"value='{value}' is not an instance of {data_type}")
        return value
    if is_substitution(value):
        return normalize_to_list_of_substitutions(value)
    if not isinstance(value, Iterable):
        raise TypeError(
            "value should be either a scalar, a substitutions, or a mixed list of scalars and "
            f"substitutions. Got `value={value}` of type `{type(value)}`. "
        )
    if not is_list and data_type is not None:
        raise TypeError(
            "The provided value resolves to a list, though the required type is a scalar. "
            f"Got value='{value}', data_type='{data_type}'."
        )
    return _normalize_list(list(value), scalar)


def perform_typed_substitution(context: LaunchContext, value: Any, data_type: Any | None) -> Any:
    """Return a normalised `value` as `data_type`, or as what YAML makes of it where that is None.

    Raises:
        ValueError: The text does not read as `data_type`.
    """
    scalar, _ = _scalar_type(data_type)
    if isinstance(value, list):
        return _coerce(perform_substitutions(context, value), data_type)
    if isinstance(value, tuple):
        item_type = None if data_type is None else scalar
        return [
            _coerce(perform_substitutions(context, item), item_type)
            if isinstance(item, list)
            else item
            for item in value
        ]
    return value


def _scalar_type(data_type: Any | None) -> tuple[Any, bool]:
    """Return the scalar type of `data_type` and whether it is a list of them."""
    if data_type is None:
        return _SCALARS, True
    is_list = get_origin(data_type) is list
    scalar = get_args(data_type)[0] if is_list else data_type
    if scalar not in _SCALARS:
        raise ValueError(f"Unrecognized data type: {data_type}")
    return scalar, is_list


def _normalize_list(items: list[Any], scalar: Any) -> tuple[Any, ...]:
    """Return `items` with their substitutions normalised and their numbers made uniform."""
    kinds = {type(item) for item in items if not is_substitution(item)}
    if not kinds.issubset(_SCALARS) or (len(kinds) > 1 and kinds != {int, float}):
        raise TypeError(f"Input value is not an acceptable 'SomeValueType'.Got value='{items}'")
    kind = float if kinds == {int, float} else next(iter(kinds), None)
    if kind is not None and scalar not in (_SCALARS, kind):
        raise TypeError(f"Got a list of '{kind}', expected a list of '{scalar}'. value='{items}'")
    return tuple(
        normalize_to_list_of_substitutions(item)
        if is_substitution(item)
        else float(item)
        if kind is float
        else item
        for item in items
    )


def _coerce(text: str, data_type: Any | None) -> Any:
    """Convert `text` to `data_type`, or by YAML rules where that is None."""
    if data_type is str:
        return text
    if data_type in (int, float):
        return data_type(text)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(
            f"Failed to convert '{text}' using yaml rules: yaml.safe_load() failed\n{error}"
        ) from error
    if not _is_instance(value, data_type):
        raise ValueError(f"Cannot convert value '{text}' to '{data_type or 'a parameter type'}'")
    return value


def _is_instance(value: Any, data_type: Any | None) -> bool:
    scalar, is_list = _scalar_type(data_type)
    if not isinstance(value, list):
        return isinstance(value, scalar) and (data_type is None or not is_list)
    if data_type is None:
        return len({type(item) for item in value}) <= 1 and all(
            isinstance(item, _SCALARS) for item in value
        )
    return is_list and all(isinstance(item, scalar) for item in value)
