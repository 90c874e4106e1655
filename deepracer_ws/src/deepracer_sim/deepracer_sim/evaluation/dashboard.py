"""One picture of a video: camera, track from above, and what the car does, (720, 1280, 3) RGB."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from deepracer_core.action_space import ActionSpace, DiscreteActionSpace
from deepracer_core.decision import Decision
from deepracer_core.evaluation_report import format_lap_time
from deepracer_core.objects import ObjectStates, corners
from deepracer_core.track.definition import TrackDefinition
from numpy.typing import NDArray

from deepracer_sim.cli.snapshot import ACCENT, INK, PAPER, Canvas, draw_track

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]  # left, top, width, height [px]

WIDTH, HEIGHT = 1280, 720
CAMERA: Box = (24, 64, 640, 480)
TOP: Box = (688, 64, 568, 480)
STEERING: Box = (24, 568, 200, 128)
SPEED: Box = (248, 568, 200, 128)
CHOICE: Box = (472, 568, 496, 128)
PROGRESS: Box = (992, 568, 264, 128)

PANEL: Colour = (36, 42, 50)
DIM: Colour = (126, 134, 144)
BAR: Colour = (104, 140, 166)
OBJECT: Colour = (188, 52, 68)
_SUBPIXEL = 4  # fractional bits of OpenCV's coordinates
_CAR = np.array([(0.30, 0.0), (-0.12, 0.15), (-0.05, 0.0), (-0.12, -0.15)])  # [m], larger than life
_MARGIN = 0.05  # [m] around the field


@dataclass(frozen=True)
class Scene:
    """One moment of a drive; what is not known is None, and not shown."""

    camera: Image
    """(rows, columns, 3) RGB."""
    caption: str
    """What the moment is part of, such as a trial."""
    steering_angle: float
    """Commanded, left positive [rad]."""
    speed: float
    """Commanded [m/s]."""
    time: float
    """Since the drive began [s]."""
    decision: Decision | None = None
    """Of the policy."""
    pose: tuple[float, float, float] | None = None
    """Of base_link: x, y [m], yaw [rad]."""
    ground_speed: float | None = None
    """[m/s]"""
    progress: float | None = None
    """Of the lap [%]."""
    status: str = ""
    """How the episode stands, for people."""
    objects: ObjectStates | None = None
    """Obstacles and other cars in the world of the one car."""


class Dashboard:
    """Draws scenes of one drive, with the way that was driven so far."""

    def __init__(self, title: str, space: ActionSpace, track: TrackDefinition | None) -> None:
        """Draw what stays the same.

        Args:
            title: for the first line.
            space: which actions the policy chooses from.
            track: where it drives, if that is known.
        """
        self._space = space
        self._background = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
        _write(self._background, title, (CAMERA[0], 42), 0.8)
        for box in (CAMERA, TOP, STEERING, SPEED, CHOICE, PROGRESS):
            _panel(self._background, box)
        self._map = None if track is None else _Map(track)
        if self._map is not None:
            self._map.paste(self._background)

    def draw(self, scene: Scene) -> Image:
        """The picture of a scene; its place is added to the way so far."""
        picture = self._background.copy()
        left, top, width, height = CAMERA
        picture[top : top + height, left : left + width] = cv2.resize(
            scene.camera, (width, height), interpolation=cv2.INTER_CUBIC
        )
        if self._map is not None and scene.pose is not None:
            self._map.draw(picture, self._background, scene.pose, scene.objects)
        _write(picture, scene.caption, (TOP[0], 42), 0.8)
        _steering(picture, scene.steering_angle, self._space)
        _speed(picture, scene, self._space)
        _choice(picture, scene, self._space)
        _progress(picture, scene)
        return picture

    def begin(self) -> None:
        """Forget the way so far: another lap begins."""
        if self._map is not None:
            self._map.clear(self._background)


class _Map:
    """The track from above, in the panel TOP."""

    def __init__(self, track: TrackDefinition) -> None:
        field = track.field
        low = np.array([field.x_min, field.y_min]) - _MARGIN
        high = np.array([field.x_max, field.y_max]) + _MARGIN
        sides = high - low
        self._scale = min(TOP[2] / sides[0], TOP[3] / sides[1])
        canvas = Canvas(low, high, round(self._scale * sides[0]))
        draw_track(canvas, track)
        self._image = canvas.image()
        rows, columns = self._image.shape[:2]
        self._corner = TOP[0] + (TOP[2] - columns) // 2, TOP[1] + (TOP[3] - rows) // 2
        self._origin = np.array([low[0], high[1]])
        self._last: NDArray[np.int32] | None = None

    def paste(self, picture: Image) -> None:
        left, top = self._corner
        rows, columns = self._image.shape[:2]
        picture[top : top + rows, left : left + columns] = self._image

    def clear(self, background: Image) -> None:
        self.paste(background)
        self._last = None

    def draw(
        self,
        picture: Image,
        background: Image,
        pose: tuple[float, float, float],
        objects: ObjectStates | None,
    ) -> None:
        """Draw car and objects, and the way to here also into the background of what follows."""
        x, y, yaw = pose
        here = self._pixels(np.array([[x, y]]))
        if self._last is not None and np.abs(here - self._last).max() < 40 << _SUBPIXEL:
            for image in (picture, background):
                start, end = (point.tolist() for point in (self._last[0], here[0]))
                cv2.line(image, start, end, ACCENT, 2, cv2.LINE_AA, _SUBPIXEL)
        self._last = here
        if objects is not None:
            self._draw_objects(picture, objects)
        cos, sin = math.cos(yaw), math.sin(yaw)
        shape = self._pixels(_CAR @ np.array([[cos, sin], [-sin, cos]]) + (x, y))
        cv2.fillPoly(picture, [shape], INK, cv2.LINE_AA, _SUBPIXEL)
        cv2.polylines(picture, [shape], True, PAPER, 1, cv2.LINE_AA, _SUBPIXEL)

    def _draw_objects(self, picture: Image, objects: ObjectStates) -> None:
        """Draw the footprints that a car must not touch."""
        for kind, pose in zip(objects.kinds, objects.poses[0]):
            shape = self._pixels(corners(pose, kind.length, kind.width))
            cv2.fillPoly(picture, [shape], OBJECT, cv2.LINE_AA, _SUBPIXEL)
            cv2.polylines(picture, [shape], True, INK, 1, cv2.LINE_AA, _SUBPIXEL)

    def _pixels(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        away = (points - self._origin) * (1.0, -1.0) * self._scale + self._corner
        return np.rint(away * (1 << _SUBPIXEL)).astype(np.int32)


def _steering(picture: Image, angle: float, space: ActionSpace) -> None:
    """A pointer on a half circle that spans the action space."""
    left, top, width, height = STEERING
    _label(picture, STEERING, "steering", f"{math.degrees(angle):+.0f} deg")
    centre = left + width // 2, top + height - 16
    radius = 58
    cv2.ellipse(picture, centre, (radius, radius), 0, 180, 360, DIM, 3, cv2.LINE_AA)
    widest = max(abs(end) for end in _steering_range(space)) or 1.0
    turn = math.radians(90.0) * max(-1.0, min(1.0, angle / widest))
    tip = centre[0] - round(radius * math.sin(turn)), centre[1] - round(radius * math.cos(turn))
    cv2.line(picture, centre, tip, ACCENT, 4, cv2.LINE_AA)
    cv2.circle(picture, centre, 5, INK, -1, cv2.LINE_AA)


def _speed(picture: Image, scene: Scene, space: ActionSpace) -> None:
    """A bar of the commanded speed, and a mark for the one over the ground."""
    left, top, width, height = SPEED
    _label(picture, SPEED, "speed", f"{scene.speed:.2f} m/s")
    fastest = max(space.max_speed, 0.1) * 1.15
    full = width - 24
    bar = left + 12, top + 64
    cv2.rectangle(picture, bar, (bar[0] + full, bar[1] + 22), DIM, 1)
    end = bar[0] + round(full * min(1.0, max(0.0, scene.speed) / fastest))
    cv2.rectangle(picture, bar, (end, bar[1] + 22), BAR, -1)
    if scene.ground_speed is not None and math.isfinite(scene.ground_speed):
        x = bar[0] + round(full * min(1.0, scene.ground_speed / fastest))
        cv2.line(picture, (x, bar[1] - 4), (x, bar[1] + 26), ACCENT, 3, cv2.LINE_AA)
        text = f"over the ground {scene.ground_speed:.2f}"
        _write(picture, text, (bar[0], top + height - 14), 0.45, ACCENT)


def _choice(picture: Image, scene: Scene, space: ActionSpace) -> None:
    """What the policy thinks of its actions."""
    if scene.decision is None:
        _label(picture, CHOICE, "policy", "a person drives")
    elif isinstance(space, DiscreteActionSpace):
        _probabilities(picture, scene.decision, space)
    else:
        _densities(picture, scene.decision)


def _probabilities(picture: Image, decision: Decision, space: DiscreteActionSpace) -> None:
    left, top, width, height = CHOICE
    angle, speed = space[decision.action]
    chosen = f"{math.degrees(angle):+.0f} deg, {speed:.1f} m/s"
    _label(picture, CHOICE, "probability of each action", chosen)
    step = (width - 24) / len(space)
    floor, tallest = top + height - 12, height - 56
    for index, probability in enumerate(decision.distribution):
        x = left + 12 + round(index * step), left + 12 + max(1, round((index + 1) * step) - 2)
        colour = ACCENT if index == decision.action else BAR
        ceiling = floor - max(1, round(tallest * float(probability)))
        cv2.rectangle(picture, (x[0], ceiling), (max(x), floor), colour, -1)


def _densities(picture: Image, decision: Decision) -> None:
    """A bell for steering and one for speed over their range."""
    left, top, width, height = CHOICE
    _label(picture, CHOICE, "distribution over the range of", "")
    half = (width - 36) // 2
    for number, name in enumerate(("steering", "speed")):
        mean, std = (float(decision.distribution[number + at]) for at in (0, 2))
        x0 = left + 12 + number * (half + 12)
        floor, tallest = top + height - 28, height - 72
        value = np.linspace(-1.0, 1.0, half)
        bell = np.exp(-0.5 * ((value - mean) / std) ** 2)
        # Left is positive in steering, and on the left here.
        shown = bell[::-1] if number == 0 else bell
        line = np.column_stack((x0 + np.arange(half), floor - tallest * shown))
        shape = np.vstack((line, [(x0 + half - 1, floor), (x0, floor)])).astype(np.int32)
        cv2.fillPoly(picture, [shape], BAR, cv2.LINE_AA)
        place = max(-1.0, min(1.0, mean)) * (-1.0 if number == 0 else 1.0)
        x = x0 + round((place + 1.0) / 2.0 * (half - 1))
        cv2.line(picture, (x, floor - tallest), (x, floor), ACCENT, 2, cv2.LINE_AA)
        cv2.line(picture, (x0, floor), (x0 + half, floor), DIM, 1)
        _write(picture, name, (x0, top + height - 10), 0.45, DIM)


def _progress(picture: Image, scene: Scene) -> None:
    left, top, width, height = PROGRESS
    _label(picture, PROGRESS, "time", format_lap_time(scene.time))
    if scene.progress is not None:
        bar, full = (left + 12, top + 64), width - 24
        cv2.rectangle(picture, bar, (bar[0] + full, bar[1] + 22), DIM, 1)
        share = min(1.0, max(0.0, scene.progress / 100.0))
        cv2.rectangle(picture, bar, (bar[0] + round(full * share), bar[1] + 22), BAR, -1)
        _write(picture, f"{int(scene.progress)} %", (bar[0] + 6, bar[1] + 17), 0.5)
    _write(picture, scene.status, (left + 12, top + height - 14), 0.45, ACCENT)


def _steering_range(space: ActionSpace) -> Sequence[float]:
    if isinstance(space, DiscreteActionSpace):
        return [angle for angle, _ in space.actions]
    return space.steering_low, space.steering_high


def _panel(picture: Image, box: Box) -> None:
    left, top, width, height = box
    cv2.rectangle(picture, (left, top), (left + width - 1, top + height - 1), PANEL, -1)


def _label(picture: Image, box: Box, name: str, value: str) -> None:
    left, top, width, _ = box
    _write(picture, name, (left + 12, top + 24), 0.5, DIM)
    if value:
        (long, _), _ = cv2.getTextSize(value, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
        _write(picture, value, (left + width - 12 - long, top + 24), 0.6)


def _write(
    picture: Image, text: str, where: tuple[int, int], size: float, colour: Colour = INK
) -> None:
    cv2.putText(picture, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
