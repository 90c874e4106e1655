"""What a network looks at: where its decision changes when details of the picture are lost.

Perturbation saliency after Greydanus et al. 2018, "Visualizing and Understanding Atari Agents"
(arXiv 1711.00138): around each point of a grid the picture is faded into a blurred copy of itself,
S = |f(picture) - f(faded)|^2 / 2. It needs nothing but the network's outputs, hence works for any
policy.onnx, also an imported one. f is the probabilities of the actions, or the means of steering
and speed.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.camera import Image, Preprocessing
from deepracer_core.networks import ACTION_COMPONENTS
from deepracer_core.policy import Policy

GRID = 16
"""Points of the grid along the longer side of the picture."""
FADE = 0.6
"""Standard deviation of the faded spot, in distances of the grid."""
BLUR = 0.06
"""Standard deviation of the blur, as part of the longer side; wider than a line is."""

Map = NDArray[np.float32]


def saliency(policy: Policy) -> Map:
    """How much the last decision of a policy hangs on each place of what it saw.

    Args:
        policy: It has decided on a picture; it remains as it was.

    Returns:
        (rows, columns) of the network's input, 0 and more, in squared units of the output.
    """
    shown = policy.input
    decisive = _decisive(policy)
    clear = policy.distribution(shown)[:decisive]
    rows, columns = shown.shape[2:]
    blurred = _blurred(shown)
    spots = _spots(rows, columns)
    change = np.empty(len(spots), np.float32)
    for index, spot in enumerate(spots):
        faded = np.rint(shown + spot * (blurred - shown)).astype(np.uint8)
        change[index] = 0.5 * np.square(policy.distribution(faded)[:decisive] - clear).sum()
    grid = change.reshape(_grid_shape(rows, columns))
    smooth = cv2.resize(grid, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.maximum(np.asarray(smooth, np.float32), 0.0)


def overlay(image: Image, heat: Map, seen: Preprocessing, scale: float | None = None) -> Image:
    """Lay a map over the camera's picture; where it is 0, the picture stays what it is.

    Args:
        image: (rows, columns, 3) RGB, the whole picture of the camera.
        heat: As `saliency` gives it.
        seen: Which part of the picture the network saw.
        scale: The value that is shown in full colour; by default the largest one.
    """
    top = round(image.shape[0] * seen.crop_top / seen.height)
    strength = heat / max(float(heat.max()) if scale is None else scale, 1e-12)
    levels = np.clip(strength * 255.0, 0.0, 255.0).astype(np.uint8)
    size = image.shape[1], image.shape[0] - top
    levels = np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[:, :, ::-1]
    share = (levels[:, :, None] / 255.0) * 0.85
    result: Image = image.copy()
    result[top:] = np.rint(image[top:] * (1.0 - share) + colours * share)
    return result


def _decisive(policy: Policy) -> int:
    """How many outputs make the decision: standard deviations do not."""
    is_discrete = isinstance(policy.spec.metadata.action_space, DiscreteActionSpace)
    return policy.spec.outputs if is_discrete else ACTION_COMPONENTS


def _blurred(shown: Image) -> NDArray[np.float32]:
    planes = shown.astype(np.float32)
    sigma = BLUR * max(shown.shape[2:])
    for plane in planes[0]:
        cv2.GaussianBlur(plane, (0, 0), sigma, dst=plane)
    return planes


def _grid_shape(rows: int, columns: int) -> tuple[int, int]:
    longer = max(rows, columns)
    return max(1, round(GRID * rows / longer)), max(1, round(GRID * columns / longer))


@cache
def _spots(rows: int, columns: int) -> NDArray[np.float32]:
    """(points, rows, columns) share to which each pixel is faded, for each point of the grid."""
    down, right = _grid_shape(rows, columns)
    sigma = FADE * max(rows, columns) / GRID
    y = (np.arange(rows) + 0.5)[None, :] - ((np.arange(down) + 0.5) * rows / down)[:, None]
    x = (np.arange(columns) + 0.5)[None, :] - ((np.arange(right) + 0.5) * columns / right)[:, None]
    vertical, horizontal = (np.exp(-0.5 * (side / sigma) ** 2) for side in (y, x))
    spots = vertical[:, None, :, None] * horizontal[None, :, None, :]
    return spots.reshape(down * right, rows, columns).astype(np.float32)
