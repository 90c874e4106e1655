"""Pictures of an evaluation: the line that was driven, speed and steering along it, and rewards."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from deepracer_core import atomic
from deepracer_core.episode import EpisodeStatus
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.parts import track_parts
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from deepracer_sim.engine import Floats
from deepracer_sim.evaluation.driven import Driven, Lap, read_driven
from deepracer_sim.worlds import find_track

DRIVEN_LINE, SPEED_AND_STEERING, REWARDS = "driven_line.png", "speed_steering.png", "rewards.png"

_DPI = 110
_WIDTH = 10.0  # [inch]
_PAPER, _GRASS, _ROAD, _LINE, _DASH, _INK = (
    *("#ffffff", "#eef1ec", "#5a6069", "#ffffff", "#a89a78", "#23272e"),
)
_PART_COLOURS = {"road": _ROAD, "left_line": _LINE, "right_line": _LINE, "dashes": _DASH}
_FAILED = "#d62728"
_SPEEDS = colormaps["plasma"]
_REWARDS = colormaps["viridis"]
_BINS_PER_METRE = 4.0
# Share of steps that may be slower than the scale of speeds, and how much it spans at least [m/s].
_SLOWEST = 0.03
_LEAST_RANGE = 0.5


def draw_pictures(folder: Path) -> list[Path]:
    """Draw all pictures of an evaluation into its folder, atomically.

    Args:
        folder: of the evaluation, see `deepracer_sim.evaluation`.

    Returns:
        The files.

    Raises:
        DeepRacerError: the folder holds no evaluation, or cannot be written; see `read_driven`.
    """
    driven = read_driven(folder)
    drawings: dict[str, Callable[[Driven], Figure]] = {
        DRIVEN_LINE: driven_line,
        SPEED_AND_STEERING: speed_and_steering,
        REWARDS: rewards,
    }
    files = []
    for name, draw in drawings.items():
        picture = io.BytesIO()
        draw(driven).savefig(picture, format="png")
        atomic.write_bytes(folder / name, picture.getvalue())
        files.append(folder / name)
    return files


def driven_line(driven: Driven) -> Figure:
    """The track with the line of each lap, coloured by the speed over the ground."""
    definition = find_track(driven.results.track)
    figure, axes = _map(definition)
    scale = _speed_scale(np.concatenate([lap.speeds for lap in driven.laps]))
    for lap in driven.laps:
        pieces = np.stack((lap.points[:-1], lap.points[1:]), axis=1)
        moved = np.isfinite(lap.speeds[:-1])
        colours = _SPEEDS(scale(lap.speeds[:-1][moved]))
        lines = LineCollection(
            list(pieces[moved]), colors=colours, linewidths=1.8, alpha=0.9, zorder=5
        )
        lines.set_capstyle("round")
        axes.add_collection(lines)
    _mark_start(axes, definition, driven)
    _mark_failures(axes, driven.laps)
    bar = figure.colorbar(
        ScalarMappable(scale, _SPEEDS), ax=axes, shrink=0.8, pad=0.02, extend="min"
    )
    bar.set_label("speed over the ground [m/s]")
    figure.suptitle(_title(driven))
    axes.set_title(driven.results.summary_line(), fontsize="medium")
    return figure


def speed_and_steering(driven: Driven) -> Figure:
    """Speed and steering of all laps along the centre line."""
    figure = Figure((_WIDTH, 6.0), _DPI, layout="constrained")
    speeds, angles = figure.subplots(2, 1, sharex=True)
    commanded = [(lap, np.array([row.speed for row in lap.rows])) for lap in driven.laps]
    steered = [(lap, np.array([row.steering_angle for row in lap.rows])) for lap in driven.laps]
    _along(
        speeds, driven, [(lap, lap.speeds) for lap in driven.laps], "tab:blue", "over the ground"
    )
    _along(speeds, driven, commanded, "tab:orange", "commanded")
    _along(angles, driven, steered, "tab:green", "commanded")
    speeds.set_ylabel("speed [m/s]")
    speeds.set_ylim(0, 1.25 * max(float(np.max(values)) for _, values in commanded))
    angles.set_ylabel("steering [°], left positive")
    angles.axhline(0, color=_INK, linewidth=0.6)
    angles.set_xlabel("way along the centre line [m]")
    angles.set_xlim(0, driven.track.length)
    for axes in (speeds, angles):
        axes.legend(loc="upper right", ncols=2, fontsize="small", framealpha=0.9)
    figure.suptitle(_title(driven))
    return figure


def rewards(driven: Driven) -> Figure:
    """Mean reward between each waypoint and the next, as bars and on the map."""
    definition = find_track(driven.results.track)
    rows = [row for lap in driven.laps for row in lap.rows]
    waypoints = np.array([row.closest_waypoint for row in rows])
    values = np.array([row.reward for row in rows])
    seen = np.unique(waypoints)
    means = np.array([values[waypoints == number].mean() for number in seen])
    low, high = ([f(values[waypoints == number]) for number in seen] for f in (np.min, np.max))
    figure, axes = _map(definition, extra_height=2.6)
    scale = Normalize(min(0.0, float(means.min())), max(float(means.max()), 1e-9))
    points = driven.track.centre[seen]
    colours = _REWARDS(scale(means))
    axes.scatter(
        points[:, 0], points[:, 1], c=colours, s=30, zorder=5, edgecolors=_INK, linewidths=0.4
    )
    for number, (x, y) in enumerate(driven.track.centre[:-1]):
        if number % 10 == 0:
            axes.annotate(str(number), (x, y), (5, 5), textcoords="offset points", fontsize=7)
    bars = figure.axes[1]
    bars.bar(seen, means, width=1.0, color=colours, edgecolor="none")
    bars.vlines(seen, low, high, color=_INK, linewidth=0.6, alpha=0.5)
    bars.set_xlim(-0.5, len(driven.track.centre) - 0.5)
    bars.set_xlabel("waypoint behind the car")
    bars.set_ylabel("reward of a step\n(mean, least and most)")
    bars.grid(axis="y", alpha=0.3)
    figure.suptitle(_title(driven))
    axes.set_title(
        f"sum of rewards of a lap: {_mean_sum(driven.laps):.1f} on average", fontsize="medium"
    )
    return figure


def _speed_scale(speeds: Floats) -> Normalize:
    """Colours for what was driven, but for the moments of the start."""
    known = speeds[np.isfinite(speeds)]
    low, high = np.quantile(known, (_SLOWEST, 1.0)) if len(known) else (0.0, 1.0)
    low = min(low, high - _LEAST_RANGE)
    return Normalize(max(0.0, np.floor(low * 10) / 10), np.ceil(high * 10) / 10)


def _map(definition: TrackDefinition, extra_height: float = 0.0) -> tuple[Figure, Axes]:
    """A figure with the track from above; with axes below it if there is extra height [inch]."""
    field = definition.field
    sides = field.x_max - field.x_min, field.y_max - field.y_min
    height = 0.85 * _WIDTH * sides[1] / sides[0] + 0.7
    size = (_WIDTH, height + extra_height)
    figure = Figure(size, _DPI, layout="constrained", facecolor=_PAPER)
    if extra_height:
        axes, _ = figure.subplots(2, 1, height_ratios=[height, extra_height])
    else:
        axes = figure.subplots()
    for part in track_parts(definition):
        if part.name in _PART_COLOURS:
            colour = _PART_COLOURS[part.name]
            # An edge of the same colour: no hair lines between neighbours.
            axes.add_collection(
                PolyCollection(
                    list(part.quads[..., :2]),
                    facecolors=colour,
                    edgecolors=colour,
                    linewidths=0.8,
                    zorder=2,
                )
            )
    axes.set_facecolor(_GRASS)
    axes.set_xlim(field.x_min, field.x_max)
    axes.set_ylim(field.y_min, field.y_max)
    axes.set_aspect("equal")
    axes.set_xlabel("x [m]")
    axes.set_ylabel("y [m]")
    return figure, axes


def _mark_start(axes: Axes, definition: TrackDefinition, driven: Driven) -> None:
    """The start line across the road, and an arrow in driving direction beside it."""
    x, y, yaw = driven.track.poses_at([0.0])[0]
    ahead = np.array([np.cos(yaw), np.sin(yaw)])
    left = np.array([-ahead[1], ahead[0]])
    ends = np.array([x, y]) + np.outer((-0.5, 0.5), definition.width * left)
    axes.plot(*ends.T, color=_INK, linewidth=2.0, zorder=6)
    tail = np.array([x, y]) + 0.75 * definition.width * left
    arrow = {"arrowstyle": "-|>", "color": _INK}
    head, foot, label = (_pair(tail + way * ahead) for way in (0.8, 0.0, -0.1))
    axes.annotate("", head, foot, arrowprops=arrow, zorder=6)
    axes.annotate(
        "start",
        label,
        ha="right" if ahead[0] > 0 else "left",
        va="center",
        fontsize=9,
        color=_INK,
    )


def _pair(point: Floats) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _mark_failures(axes: Axes, laps: Sequence[Lap]) -> None:
    """Where laps ended that are not complete, and why."""
    fine = EpisodeStatus.LAP_COMPLETE, EpisodeStatus.IN_PROGRESS, EpisodeStatus.PREPARE
    failed = [lap for lap in laps if lap.status not in fine]
    for number, lap in enumerate(failed):
        label = None if number else "lap ended early"
        axes.plot(
            *lap.points[-1],
            "x",
            color=_FAILED,
            markersize=9,
            markeredgewidth=2.2,
            zorder=7,
            label=label,
        )
        axes.annotate(
            f"{lap.trial}: {lap.status.label}",
            _pair(lap.points[-1]),
            (7, 7),
            textcoords="offset points",
            fontsize=8,
            color=_FAILED,
            zorder=7,
        )
    if failed:
        axes.legend(loc="upper right")


def _along(
    axes: Axes, driven: Driven, curves: Sequence[tuple[Lap, Floats]], colour: str, label: str
) -> None:
    """Each lap as a thin line, and the mean of all as a thick one."""
    for lap, values in curves:
        back = np.flatnonzero(np.diff(lap.arclengths) < 0) + 1
        for way, piece in zip(np.split(lap.arclengths, back), np.split(values, back)):
            axes.plot(way, piece, color=colour, linewidth=0.6, alpha=0.35)
    way = np.concatenate([lap.arclengths for lap, _ in curves])
    value = np.concatenate([values for _, values in curves])
    count = max(1, int(driven.track.length * _BINS_PER_METRE))
    known = np.isfinite(value)
    edges = np.linspace(0.0, driven.track.length, count + 1)
    number = np.histogram(way[known], edges)[0]
    total = np.histogram(way[known], edges, weights=value[known])[0]
    with np.errstate(invalid="ignore"):
        mean = total / number
    axes.plot((edges[1:] + edges[:-1]) / 2, mean, color=colour, linewidth=2.0, label=label)
    axes.grid(alpha=0.3)


def _mean_sum(laps: Sequence[Lap]) -> float:
    return float(np.mean([sum(row.reward for row in lap.rows) for lap in laps]))


def _title(driven: Driven) -> str:
    config = driven.results.config
    direction = ", reversed" if config.get("reverse") else ""
    engine, level = config.get("engine"), config.get("level")
    where = f"{driven.results.track}{direction}"
    return f"{driven.results.model} on {where}  ({engine}, randomisation {level})"
