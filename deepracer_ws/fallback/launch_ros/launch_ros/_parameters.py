"""From the parameters in a launch file to those that a node gets.

Types are checked when the launch file is read; values that hold substitutions become what YAML
makes of their text when the node is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import yaml
from launch import LaunchContext, Substitution
from launch.substitutions import TextSubstitution
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

# Returns the value of the parameter with the given name.
Evaluator = Callable[[LaunchContext, str], Any]
Normalized = list[tuple[list[Substitution], Evaluator]]

_SCALARS = (bool, int, float, str)
_HINT = (
    "If the parameter is meant to be a string, try wrapping it in "
    "launch_ros.parameter_descriptions.ParameterValue(value, value_type=str)"
)


def normalize_parameters(parameters: Sequence[Any]) -> list[Normalized | ParameterFile]:
    """Check a list of dicts, paths and `ParameterFile`s.

    Raises:
        TypeError: It is no list, or something in it has a type that parameters cannot have.
    """
    if isinstance(parameters, str) or not isinstance(parameters, Sequence):
        raise TypeError(f"Expecting list of parameters, got {parameters}")
    return [
        normalize_parameter_dict(item)
        if isinstance(item, Mapping)
        else item
        if isinstance(item, ParameterFile)
        else ParameterFile(item)
        for item in parameters
    ]


def normalize_parameter_dict(parameters: Mapping[Any, Any]) -> Normalized:
    """Flatten nested dicts, joining names by dots, and check the types of the values.

    Raises:
        TypeError: A value has a type that parameters cannot have.
    """
    normalized: Normalized = []
    for key, value in parameters.items():
        name = normalize_to_list_of_substitutions(key)
        if isinstance(value, Mapping):
            normalized += [
                ([*name, TextSubstitution(text="."), *inner], evaluate)
                for inner, evaluate in normalize_parameter_dict(value)
            ]
        else:
            normalized.append((name, _evaluator(value)))
    return normalized


def evaluate_parameter_dict(context: LaunchContext, parameters: Normalized) -> dict[str, Any]:
    """Return the values by name; arrays are tuples.

    Raises:
        TypeError: The text of a substitution is no parameter value by YAML rules.
    """
    values = {}
    for subs, evaluate in parameters:
        name = perform_substitutions(context, subs)
        values[name] = evaluate(context, name)
    return values


def dump_parameters(node: str, values: Mapping[str, Any]) -> str:
    """Return a parameter file that gives `values` to `node`, a full name or a wildcard."""
    plain = {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }
    return yaml.safe_dump({node: {"ros__parameters": plain}}, default_flow_style=False)


def _evaluator(value: Any) -> Evaluator:
    if isinstance(value, ParameterValue):
        return lambda context, _: value.evaluate(context)
    if isinstance(value, Substitution):
        return lambda context, name: _read(name, value.perform(context))
    if isinstance(value, (*_SCALARS, bytes)):
        return lambda *_: value
    if isinstance(value, Sequence):
        return _array_evaluator(value)
    raise TypeError(f"Unexpected type for parameter value {value!r}")


def _array_evaluator(values: Sequence[Any]) -> Evaluator:
    """Evaluate an array; one with substitutions and text only is the text of a single value."""
    for item in values:
        ensure_argument_type(item, (*_SCALARS, Substitution, Sequence), "subvalue")
    if any(isinstance(item, Substitution) for item in values) and all(
        isinstance(item, (Substitution, str)) for item in values
    ):
        subs = normalize_to_list_of_substitutions(values)
        return lambda context, name: _read(name, perform_substitutions(context, subs))
    if {type(item) for item in values} == {int, float}:
        floats = tuple(float(item) for item in values)
        return lambda *_: floats
    items = [
        item if isinstance(item, _SCALARS) else normalize_to_list_of_substitutions(item)
        for item in values
    ]
    return lambda context, name: _uniform(name, (_perform_item(context, item) for item in items))


def _perform_item(context: LaunchContext, item: Any) -> Any:
    return yaml.safe_load(perform_substitutions(context, item)) if isinstance(item, list) else item


def _read(name: str, text: str) -> Any:
    """Return what YAML makes of `text`; empty text stays text."""
    if not text:
        return ""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TypeError(
            f"Unable to parse the value of parameter {name} as yaml. {_HINT}"
        ) from error
    if isinstance(value, (*_SCALARS, bytes)):
        return value
    if isinstance(value, list):
        return _uniform(name, value)
    raise TypeError(
        "Allowed value types are bytes, bool, int, float, str, Sequence[bool], Sequence[int], "
        f'Sequence[float], Sequence[str]. Got {type(value)} for "{name}". {_HINT}'
    )


def _uniform(name: str, items: Iterable[Any]) -> tuple[Any, ...]:
    values = tuple(items)
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or not kinds.issubset(_SCALARS):
        raise TypeError(
            "Expected a non-empty sequence, with items of uniform type. Allowed sequence item "
            f'types are bool, int, float, str. Got inconsistent input for "{name}"'
        )
    return values
