"""Computes what does not depend on the image: sizes for a Reshape, and the parts of a constant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from deepracer_core.errors import FrozenGraphError
from deepracer_core.frozen_graph.graph import MAX_ELEMENTS, Operation

Array: TypeAlias = NDArray[Any]


def fold(operation: Operation, inputs: Sequence[Array]) -> Array:
    """The value of an operation of `FOLDED` whose inputs are constants.

    Raises:
        FrozenGraphError: number or shapes of the inputs do not fit, or the value is too large.
    """
    if operation.kind == "Tile" and inputs[-1].size:
        _check_size(operation, inputs[0].size * int(np.prod(np.abs(inputs[-1].astype(float)))))
    try:
        value = np.asarray(FOLDED[operation.kind](operation, *inputs))
    except (TypeError, ValueError, IndexError) as error:
        shapes = [value.shape for value in inputs]
        raise FrozenGraphError(f"{operation} of {shapes} cannot be computed: {error}") from error
    _check_size(operation, value.size)
    return value


def _check_size(operation: Operation, size: int) -> None:
    if size > MAX_ELEMENTS:
        raise FrozenGraphError(f"{operation} makes {size} values of constants; no policy does")


def _strided_slice(operation: Operation, value: Array, *bounds: Array) -> Array:
    """One number of a list of sizes, or a part of it."""
    begin, end, step = (int(array.reshape(())) for array in map(np.squeeze, bounds))
    masks = {name: operation.attributes[name].i for name in _MASKS if name in operation.attributes}
    if masks.get("shrink_axis_mask"):
        return np.asarray(value[begin])
    first = None if masks.get("begin_mask") else begin
    last = None if masks.get("end_mask") else end
    return value[slice(first, last, step)]


_MASKS = ("begin_mask", "end_mask", "shrink_axis_mask")
FOLDED: Mapping[str, Callable[..., Any]] = {
    "Identity": lambda _, value: value,
    "StopGradient": lambda _, value: value,
    "Exp": lambda _, value: np.exp(value),
    "Neg": lambda _, value: -value,
    "Add": lambda _, one, two: one + two,
    "AddV2": lambda _, one, two: one + two,
    "Sub": lambda _, one, two: one - two,
    "Mul": lambda _, one, two: one * two,
    "RealDiv": lambda _, one, two: one / two,
    "Pack": lambda _, *values: np.stack(values),
    "ConcatV2": lambda _, *values: np.concatenate(values[:-1], int(values[-1])),
    "Prod": lambda _, value, axes: np.prod(value, tuple(axes.ravel().tolist())),
    "Reshape": lambda _, value, shape: value.reshape(shape.ravel().tolist()),
    "Tile": lambda _, value, times: np.tile(value, times.ravel().tolist()),
    "StridedSlice": _strided_slice,
}
