"""The border points beside places of the centre line, looked for only where they can be."""

from __future__ import annotations

import numpy as np

from deepracer_core.track.polyline import FloatArray, IntArray, Polyline, approach

_BLOCK = 256  # steps of the centre line compared with a border at once
_ROUNDING = 1e-9  # [m]


class Borders:
    """Finds the nearest points of both borders among the few steps that can hold them."""

    def __init__(self, centre: Polyline, inner: Polyline, outer: Polyline) -> None:
        """Collect for each step of the centre line the border steps that can be nearest to it."""
        near = [_candidates(centre, border) for border in (inner, outer)]
        count = max(len(steps) for border in near for steps in border)
        # (S, 6, 2, K): one contiguous piece per step of the centre line; short lists are filled up.
        self._near: FloatArray = np.stack(
            [
                [border.steps[:, np.resize(steps, count)] for steps in candidates]
                for border, candidates in zip((inner, outer), near)
            ],
            axis=2,
        )

    def nearest(self, points: FloatArray, segment: IntArray) -> tuple[FloatArray, FloatArray]:
        """Nearest points of the inner and of the outer border, (N, 2) [m] each.

        Args:
            points: (N, 2) points of the centre line [m].
            segment: (N,) the steps of the centre line that they are on.
        """
        steps = self._near[segment].transpose(1, 0, 2, 3)
        share, squared = approach(points[:, :, None, None], steps)
        best = np.arange(len(points))[:, None], (0, 1), squared.argmin(axis=2)
        share = share[best]
        found = np.empty((2, len(points), 2))
        found[..., 0] = (steps[0][best] + share * steps[2][best]).T
        found[..., 1] = (steps[1][best] + share * steps[3][best]).T
        return found[0], found[1]


def _candidates(centre: Polyline, border: Polyline) -> list[IntArray]:
    """For each step of the centre line, the border steps that can be nearest to a point of it.

    Such a point is at most half the step's length from its middle. So what is nearest to it is at
    most the whole length further from the middle than what is nearest to the middle.
    """
    middles = (centre.points[:-1] + centre.points[1:]) / 2.0
    lengths = np.diff(centre.arclength)
    near: list[IntArray] = []
    for first in range(0, len(middles), _BLOCK):
        block = slice(first, first + _BLOCK)
        distance = np.sqrt(approach(middles[block, :, None], border.steps)[1])
        reach = distance.min(axis=1) + lengths[block] + _ROUNDING
        near += [np.flatnonzero(row) for row in distance <= reach[:, None]]
    return near
