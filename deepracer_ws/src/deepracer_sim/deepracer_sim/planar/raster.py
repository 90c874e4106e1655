"""Draws what cameras see of a flat world with walls: exact inverse perspective, compiled.

The camera does not roll, so it sees every row of its picture at one depth, and a row is a straight
line on the ground. It is followed from pixel to pixel through the picture of the ground, in the
level (`mipmap`) whose texels are about as wide as a pixel. A pixel sees much more of the ground
along the view than across it; for that it is cut into sub-rows, each of which is such a line.

Where the line leaves the field, one looks at a wall. A line above the horizon is followed at the
height of the walls' upper edge instead: inside the field it passes over the walls.

What takes the time is the ground: some 28,000 samples in a picture of 160x120. So it is done in
whole numbers, four texels are read in two reads, and the interpolation between them is vectorised.

All compiled code of the renderer is in this file, because numba's cache notices changes only in the
file of the function that is called from Python.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from deepracer_sim.planar.scene import MARGIN, CameraConditions, Eye, Scene, Span, View

Floats = NDArray[np.float64]
Line = NDArray[np.uint32]
"""(width,) values of a row in units of 1/256 gray level."""

MAX_SUB_ROWS = 6
SPREAD = 3.0
"""Most texels from one sub-row to the next; they are averages, and interpolated: gaps are small."""

HORIZON = 1e-6
"""Slope below which a ray is level."""

UNIT = 256
"""Fractions are whole numbers of 1/256: weights of an interpolation and parts of a gray level."""


# Nothing is allocated here, so numba need not count references to the arrays in its tuples, as it
# would in each call: a fifth of the time. (Its name for that begins with _, but its tests use it.)
_COMPILED: dict[str, Any] = {"error_model": "numpy", "_nrt": False}

# Parts of the two compiled functions below. The world is a tuple of many numbers, which would be
# copied in each call: another fifth.
_part = njit(forceinline=True, **_COMPILED)


@njit(cache=True, **_COMPILED)
def render(
    poses: Floats,
    camera: CameraConditions,
    view: View,
    scene: Scene,
    lines: NDArray[np.uint32],
    out: NDArray[np.uint8],
) -> None:
    """Draw what N cars see.

    Args:
        poses: (N, 3) x, y [m], yaw [rad] of base_link.
        camera: what differs from the camera as it is built.
        view: the camera as it is built.
        scene: the world.
        lines: (N, 2, width), overwritten.
        out: (N, C, rows, width), the result.
    """
    for car in range(len(poses)):
        _render_car(car, poses, camera, view, scene, lines, out)


@njit(cache=True, parallel=True, **_COMPILED)
def render_parallel(
    poses: Floats,
    camera: CameraConditions,
    view: View,
    scene: Scene,
    lines: NDArray[np.uint32],
    out: NDArray[np.uint8],
) -> None:
    """`render` with the cars shared out among numba's threads."""
    for car in prange(len(poses)):
        _render_car(car, poses, camera, view, scene, lines, out)


@_part
def _render_car(
    car: int,
    poses: Floats,
    camera: CameraConditions,
    view: View,
    scene: Scene,
    lines: NDArray[np.uint32],
    out: NDArray[np.uint8],
) -> None:
    eye = _eye(poses[car], camera, car, view)
    channels = out.shape[1]
    for channel in range(channels):
        picture = camera.palette[car] * channels + channel
        _draw(eye, camera.light[car], view, scene, picture, lines[car], out[car, channel])


@_part
def _eye(pose: Floats, camera: CameraConditions, car: int, view: View) -> Eye:
    ahead_x, ahead_y = math.cos(pose[2]), math.sin(pose[2])
    reach = view.x + camera.x[car]
    pitch = view.pitch + camera.pitch[car]
    return Eye(
        x=pose[0] + reach * ahead_x,
        y=pose[1] + reach * ahead_y,
        z=view.z + camera.z[car],
        ahead_x=ahead_x,
        ahead_y=ahead_y,
        sin=math.sin(pitch),
        cos=math.cos(pitch),
        focal=view.width / 2.0 / math.tan(view.half_fov * camera.fov[car]),
    )


@_part
def _draw(
    eye: Eye,
    light: float,
    view: View,
    scene: Scene,
    picture: int,
    lines: Line,
    out: NDArray[np.uint8],
) -> None:
    """Draw one channel of what one car sees through a lens without distortion.

    Args:
        eye: its camera.
        light: factor on all values.
        view: size of the picture.
        scene: the world.
        picture: which of its pictures.
        lines: (2, width), overwritten.
        out: (rows, width), the result.
    """
    total, line = lines[0], lines[1]
    for row in range(out.shape[0]):
        top = row + view.crop_top - view.height / 2.0
        slope = eye.sin + eye.cos * (top + 0.5) / eye.focal
        level, sub_rows = _sampling(slope, eye.z * scene.scale_x / eye.focal, len(scene.start))
        if slope < 0.0 and not _sees_over_walls(eye, top / eye.focal, scene, view.width):
            sub_rows = 1  # they would all be the same
        for sub_row in range(sub_rows):
            target = line if sub_row else total
            tangent = (top + (sub_row + 0.5) / sub_rows) / eye.focal
            down, forward = eye.sin + eye.cos * tangent, eye.cos - eye.sin * tangent
            _draw_line(eye, down, forward, view.width, scene, picture, level, target)
            if sub_row:
                _add(total, line)
        _store(total, np.float32(light / (UNIT * sub_rows)), out[row])


@_part
def _sees_over_walls(eye: Eye, tangent: float, scene: Scene, width: int) -> bool:
    """Whether a line above the horizon, so far below the axis per unit of depth, does anywhere."""
    clearance = scene.wall_height - eye.z
    if clearance <= 0.0:
        return True
    down, forward = eye.sin + eye.cos * tangent, eye.cos - eye.sin * tangent
    span = _inside(eye, -clearance / down, forward, scene, width)
    return span.first < span.last


@_part
def _sampling(slope: float, texels: float, levels: int) -> tuple[int, int]:
    """Level of the pyramid and number of sub-rows for a row whose rays go down at `slope`.

    Args:
        slope: fall of a ray per unit of depth.
        texels: width of a pixel that sees the ground at a depth of the lens' height.
        levels: how many there are.
    """
    slope = max(slope, 0.01)
    across = texels / slope
    along = across / slope
    size = max(across, along / (MAX_SUB_ROWS * SPREAD))
    level = min(max(round(math.log2(size)), 0), levels - 1)
    sub_rows = math.ceil(along / ((1 << level) * SPREAD))
    return level, min(max(sub_rows, 1), MAX_SUB_ROWS)


@_part
def _draw_line(
    eye: Eye,
    down: float,
    forward: float,
    width: int,
    scene: Scene,
    picture: int,
    level: int,
    line: Line,
) -> None:
    """Draw a sub-row from the inside out; its rays go `forward` and `down` per unit of depth."""
    wall, background = scene.wall[picture] * UNIT, scene.background[picture] * UNIT
    clearance = scene.wall_height - eye.z  # positive unless the walls are mere kerbs
    if down > HORIZON:
        span = _inside(eye, eye.z / down, forward, scene, width)
        _paint_ground(line, span, scene, picture, level)
        _paint_outside(line, span, width, wall)
        if clearance < 0.0:
            span = _inside(eye, -clearance / down, forward, scene, width)
            _paint_outside(line, span, width, background)
    elif down < -HORIZON and clearance > 0.0:
        _fill(line, 0, width, background)
        span = _inside(eye, -clearance / down, forward, scene, width)
        _paint_outside(line, span, width, wall)
    else:
        _fill(line, 0, width, wall if clearance > 0.0 else background)


@_part
def _inside(eye: Eye, depth: float, forward: float, scene: Scene, width: int) -> Span:
    """The part of a row that meets a level plane, at `depth`, inside the field."""
    dx, dy = eye.ahead_y * depth / eye.focal, -eye.ahead_x * depth / eye.focal
    x = eye.x + depth * forward * eye.ahead_x - dx * width / 2.0
    y = eye.y + depth * forward * eye.ahead_y - dy * width / 2.0
    first, last = _clip(x, dx, scene.x_min, scene.x_max, 0.0, float(width))
    first, last = _clip(y, dy, scene.y_min, scene.y_max, first, last)
    if not (first < last and math.isfinite(x + y + dx + dy)):  # it misses the field, or is nowhere
        first, last = 0.0, 0.0
    return Span(first, last, x, y, dx, dy)


@_part
def _clip(
    start: float, step: float, low: float, high: float, first: float, last: float
) -> tuple[float, float]:
    """The part of `first` to `last` in which start + step * column is between `low` and `high`."""
    if step == 0.0:
        return (first, last) if low <= start <= high else (first, first)
    one, other = (low - start) / step, (high - start) / step
    return max(first, min(one, other)), min(last, max(one, other))


@_part
def _paint_outside(line: Line, span: Span, width: int, value: int) -> None:
    """Give all that lies beside a span one value; the pixels at its ends get a share of it."""
    begin, end = math.floor(span.first), math.ceil(span.last)
    _fill(line, 0, begin, value)
    _fill(line, end, width, value)
    if begin < span.first:
        _blend(line, begin, span.first - begin, value)
    if end > span.last:
        _blend(line, end - 1, end - span.last, value)


@_part
def _blend(line: Line, column: int, share: float, value: int) -> None:
    line[column] = np.uint32(line[column] + share * (value - float(line[column])))


@_part
def _paint_ground(line: Line, span: Span, scene: Scene, picture: int, level: int) -> None:
    """Draw what a span sees of the ground."""
    begin, end = math.ceil(span.first), math.floor(span.last)
    if begin < end:
        _copy_ground(line, begin, end, span, scene, picture, level)
    if begin > span.first:  # a part of a pixel: what its middle sees
        middle = (span.first + min(span.last, float(begin))) / 2.0
        line[begin - 1] = _ground(span, middle, scene, picture, level)
    if begin <= end < span.last:
        line[end] = _ground(span, (end + span.last) / 2.0, scene, picture, level)


@_part
def _copy_ground(
    line: Line, begin: int, end: int, span: Span, scene: Scene, picture: int, level: int
) -> None:
    """Sample the ground at the pixels from `begin` to `end`.

    Three loops, since a loop that both jumps through memory and computes is not vectorised: where
    the texels are, what is there, and what lies between them.
    """
    u, v = _texel(span, begin + 0.5, scene, level)
    du = int(span.dx * scene.scale_x / (1 << level) * UNIT * UNIT)
    dv = int(span.dy * scene.scale_y / (1 << level) * UNIT * UNIT)
    start, columns = np.uint32(scene.start[level]), np.uint32(scene.columns[level])
    right, upper = np.uint32(u), np.uint32(v)
    for k in range(begin, end):
        line[np.uint64(k)] = _index(right, upper, start, columns)
        right, upper = np.uint32(right + np.uint32(du)), np.uint32(upper + np.uint32(dv))
    for k in range(begin, end):
        index = np.uint64(line[np.uint64(k)])
        line[np.uint64(k)] = _fetch(scene, picture, index, np.uint64(columns))
    right, upper = np.uint32(u), np.uint32(v)
    for k in range(begin, end):
        line[np.uint64(k)] = _mix(line[np.uint64(k)], right, upper)
        right, upper = np.uint32(right + np.uint32(du)), np.uint32(upper + np.uint32(dv))


@_part
def _ground(span: Span, column: float, scene: Scene, picture: int, level: int) -> np.uint32:
    """Sample the ground at one place of a row, in units of 1/256 gray level."""
    place = _texel(span, column, scene, level)
    u, v = np.uint32(place[0]), np.uint32(place[1])
    start, columns = np.uint32(scene.start[level]), np.uint32(scene.columns[level])
    index = np.uint64(_index(u, v, start, columns))
    return _mix(_fetch(scene, picture, index, np.uint64(columns)), u, v)


@_part
def _index(u: np.uint32, v: np.uint32, start: np.uint32, columns: np.uint32) -> np.uint32:
    """Where the texel at a column and row, in units of 1/65536, lies in memory."""
    row, column = np.uint32(v >> np.uint32(16)), np.uint32(u >> np.uint32(16))
    return np.uint32(np.uint32(row * columns) + np.uint32(start + column))


@_part
def _fetch(scene: Scene, picture: int, index: np.uint64, columns: np.uint64) -> np.uint32:
    """The values of a texel, its neighbour to the right, and the two a row up, as four bytes."""
    lower = _fetch_two(scene, picture, index)
    upper = _fetch_two(scene, picture, index + columns)
    return np.uint32(lower) | np.uint32(upper) << np.uint32(16)


@_part
def _fetch_two(scene: Scene, picture: int, index: np.uint64) -> np.uint16:
    """The values of a texel and its neighbour to the right: one read, in this form.

    The index is unsigned, since numba lets negative numbers count from the end.
    """
    left = np.uint16(scene.texels[picture, index])
    right = np.uint16(scene.texels[picture, index + np.uint64(1)])
    return np.uint16(left | np.uint16(right << np.uint16(8)))


@_part
def _texel(span: Span, column: float, scene: Scene, level: int) -> tuple[int, int]:
    """Texel column and row that are seen at a place of a row, in units of 1/65536.

    The middle of texel k lies at k + 1/2, and `MARGIN` further, since the margin comes first.
    """
    x, y = span.x + column * span.dx, span.y + column * span.dy
    u = (x - scene.x_min) * scene.scale_x / (1 << level) - 0.5 + MARGIN
    v = (y - scene.y_min) * scene.scale_y / (1 << level) - 0.5 + MARGIN
    return int(u * UNIT * UNIT), int(v * UNIT * UNIT)


@_part
def _mix(texels: np.uint32, u: np.uint32, v: np.uint32) -> np.uint32:
    """Interpolate between the four values that `_fetch` found, with 32-bit numbers only.

    Both rows at once, one in each half of a number: the result has units of 1/256 gray level.
    Without the casts numba would make 64 bits of the result of every operation.
    """
    one, byte = np.uint32(UNIT), np.uint32(8)
    right, upper = np.uint32(u >> byte) & np.uint32(255), np.uint32(v >> byte) & np.uint32(255)
    left_two, right_two = texels & np.uint32(0x00FF00FF), texels >> byte & np.uint32(0x00FF00FF)
    rows = np.uint32(left_two * np.uint32(one - right) + np.uint32(right_two) * right)
    lower_row, upper_row = rows & np.uint32(0xFFFF), np.uint32(rows >> np.uint32(16))
    return np.uint32(lower_row * np.uint32(one - upper) + upper_row * upper) >> byte


@_part
def _fill(line: Line, begin: int, end: int, value: int) -> None:
    for column in range(begin, end):
        line[np.uint64(column)] = value


@_part
def _add(total: Line, line: Line) -> None:
    for k in range(len(total)):
        total[k] += line[k]


@_part
def _store(total: Line, factor: np.float32, out: NDArray[np.uint8]) -> None:
    """Scale the sums to gray levels, rounded and at most 255.

    By way of signed numbers, which processors turn into floating-point ones and back at once.
    """
    for column in range(len(out)):
        value = np.float32(np.int32(total[column])) * factor + np.float32(0.5)
        out[column] = np.uint8(np.int32(min(value, np.float32(255.0))))
