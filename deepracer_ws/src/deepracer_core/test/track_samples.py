"""Tracks for tests: DeepRacer's route files where they are at hand, and small known ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from deepracer_core.track.geometry import RoadLines, check_road
from deepracer_core.track.track import Track
from hypothesis import settings

REPEATABLE = settings(max_examples=60, deadline=None, derandomize=True)
"""For Hypothesis: the same examples in every run, however slow the machine."""


def _route_files() -> list[Path]:
    """The route files in shared/tracks/routes beside the repository, if they are there."""
    for folder in Path(__file__).resolve().parents:
        routes = folder.parent / "shared" / "tracks" / "routes"
        if (folder / "pyproject.toml").is_file() and routes.is_dir():
            return sorted(routes.glob("*.npy"))
    return []


ROUTE_FILES = _route_files()


def square_rows() -> np.ndarray:
    """A route (5, 6): counter-clockwise square of 4 m side from the origin, road 1 m wide."""
    centre = np.array([(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)], dtype=float)
    toward_middle = np.sign(2.0 - centre) * 0.5
    return np.hstack((centre, centre + toward_middle, centre - toward_middle))


def ring_rows(radius: float = 3.0, width: float = 0.8, points: int = 60) -> np.ndarray:
    """A route (points + 1, 6): counter-clockwise circle around the origin from (radius, 0)."""
    angle = np.linspace(0.0, 2.0 * np.pi, points + 1)
    ahead = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    ahead[-1] = ahead[0]
    return np.hstack([ahead * (radius + side * width / 2.0) for side in (0, -1, 1)])


def bent_rows(points: int = 40, width: float = 0.7) -> np.ndarray:
    """A route (points, 6) that is open: an S along x from the origin, inner border on the left."""
    x = np.linspace(0.0, 6.0, points)
    centre = np.stack((x, np.sin(x)), axis=1)
    normal = np.stack((-np.cos(x), np.ones(points)), axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.hstack([centre + side * normal * width / 2.0 for side in (0, 1, -1)])


def blob_rows(
    radius: float, waves: tuple[float, float, float], width: float, points: int
) -> np.ndarray:
    """A route (points + 1, 6): smooth loop r = radius (1 + a cos 2t + b sin 3t + c cos 5t)."""
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    a, b, c = waves
    r = radius * (1 + a * np.cos(2 * angle) + b * np.sin(3 * angle) + c * np.cos(5 * angle))
    centre = r[:, None] * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    ahead = np.roll(centre, -1, axis=0) - np.roll(centre, 1, axis=0)
    left = np.stack((-ahead[:, 1], ahead[:, 0]), axis=1)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    rows = np.hstack([centre + side * left * width / 2.0 for side in (0, 1, -1)])
    return np.vstack((rows, rows[:1]))


def track_of(rows: np.ndarray, name: str = "sample") -> Track:
    """The track of route rows, checked."""
    closed = bool((rows[0] == rows[-1]).all())
    check_road(RoadLines(rows[:, 0:2], rows[:, 2:4], rows[:, 4:6], closed))
    return Track(name, rows[:, 0:2], rows[:, 2:4], rows[:, 4:6], closed)


def moved(rows: np.ndarray, turn: float = 0.0, shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Pairs of x and y (..., 2 K), turned by `turn` [rad] about the origin, then shifted."""
    cos, sin = np.cos(turn), np.sin(turn)
    pairs = np.asarray(rows, dtype=float).reshape(*np.shape(rows)[:-1], -1, 2)
    turned = pairs @ np.array([[cos, sin], [-sin, cos]]) + shift
    return turned.reshape(np.shape(rows))


def all_tracks() -> list[Track]:
    """Every sample and every route file, in both directions."""
    rows = {
        "square": square_rows(),
        "ring": ring_rows(),
        "open bend": bent_rows(),
        "blob": blob_rows(2.5, (0.2, 0.1, 0.05), 0.6, 90),
        "clockwise blob": blob_rows(2.5, (0.2, 0.1, 0.05), 0.6, 90)[::-1],
    }
    tracks = [track_of(lines, name) for name, lines in rows.items()]
    tracks += [Track.from_route(path) for path in ROUTE_FILES]
    return tracks + [track.reversed() for track in tracks]


TRACKS = all_tracks()


def name_of(track: Track) -> str:
    """Name for the list of tests."""
    return f"{track.name}{' reversed' if track.is_reversed else ''}"
