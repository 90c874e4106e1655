"""The video of an evaluation, drawn afterwards from its trace.

The trace tells where the car was and what it was told to do. What the camera saw is rendered again
by the engine of the evaluation from the same places, with obstacles and bot cars where they were:
equal but for what a trace does not hold, which is pitch and roll in mujoco, and the camera effects
of randomisation. The policy decides again on these pictures; `Film.agreement` tells how often as it
did in the evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.decision import NO_INDEX, Decision
from deepracer_core.episode import EpisodeStatus
from deepracer_core.objects import ObjectStates
from deepracer_core.policy import Policy
from deepracer_core.saliency import overlay, saliency
from deepracer_core.sim_trace import TraceRow
from deepracer_core.vehicle import VEHICLE

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS, Engine, ImageSpec, nominal_conditions
from deepracer_sim.engine_factory import ENGINES, make_engine
from deepracer_sim.evaluation.dashboard import Dashboard, Image, Scene
from deepracer_sim.evaluation.driven import Driven, Lap, read_driven
from deepracer_sim.evaluation.objects import find_worlds
from deepracer_sim.h264 import video_writer
from deepracer_sim.race_objects import World
from deepracer_sim.vehicle_profile import load_profile
from deepracer_sim.worlds import find_track

VIDEO = "video.mp4"
RATE = Fraction(1_000_000_000, CONTROL_PERIOD_NANOSECONDS)
"""Pictures a second: as fast as it was driven. Moments in which the car is held are left out."""

SAME_STEERING = math.radians(0.5)
SAME_SPEED = 0.01
"""[rad], [m/s] continuous decisions that differ by less are the same."""

END_PICTURES = 15
"""For so many pictures, a second, the last moment of a lap stays."""

_FALLBACK_ENGINE = "planar"


@dataclass(frozen=True)
class Film:
    """What was made."""

    path: Path
    """The MP4 file."""
    pictures: int
    """Number of moments that were driven."""
    agreement: float
    """Share of them in which the policy decided as it did in the evaluation."""


def make_video(
    folder: Path,
    bundle: ModelBundle,
    *,
    show_saliency: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Film:
    """Write `VIDEO` into the folder of an evaluation, atomically.

    Args:
        folder: of the evaluation, see `deepracer_sim.evaluation`.
        bundle: the model that drove.
        show_saliency: whether to lay over the picture what the network looks at.
        tell: is given a sentence now and then.

    Raises:
        DeepRacerError: the folder holds no evaluation, the model cannot be loaded, or the video
            cannot be written.
    """
    driven = read_driven(folder)
    worlds = find_worlds(driven)
    policy = Policy.load(bundle)
    engine = _engine(driven)
    path = folder / VIDEO
    title = f"{driven.results.model} on {driven.results.track}"
    dashboard = Dashboard(title, policy.spec.metadata.action_space, find_track(driven.track.name))
    count = same = 0
    try:
        with video_writer(path, RATE) as show:
            for lap in driven.laps:
                dashboard.begin()
                world = worlds.get(lap.trial)
                for row, scene in _scenes(driven, lap, world, policy, engine, show_saliency):
                    picture = dashboard.draw(scene)
                    show(picture)
                    count += 1
                    same += scene.decision is not None and _is_same(row, scene.decision)
                for _ in range(END_PICTURES):
                    show(picture)
                tell(f"video: lap {lap.rows[0].episode + 1} of {len(driven.laps)}")
    finally:
        engine.close()
    return Film(path, count, same / count)


def _scenes(
    driven: Driven,
    lap: Lap,
    world: World | None,
    policy: Policy,
    engine: Engine,
    show_saliency: bool,
) -> Iterator[tuple[TraceRow, Scene]]:
    policy.reset()
    trials = len(driven.results.trials)
    for row, ground_speed in zip(lap.rows, lap.speeds):
        pose = base_pose(row)
        objects = None if world is None else world(row.time)
        camera = look(engine, pose, objects)
        decision = policy.decide(camera)
        if show_saliency:
            camera = overlay(camera, saliency(policy), policy.spec.preprocessing)
        yield (
            row,
            Scene(
                camera=camera,
                caption=f"trial {lap.trial} of {max(trials, lap.trial)}",
                steering_angle=math.radians(row.steering_angle),
                speed=row.speed,
                time=row.time - lap.rows[0].time,
                decision=decision,
                pose=pose,
                ground_speed=float(ground_speed),
                progress=row.progress,
                status=_status(row),
                objects=objects,
            ),
        )


def base_pose(row: TraceRow) -> tuple[float, float, float]:
    """Pose x, y [m], yaw [rad] of base_link; a trace has the front of the car."""
    yaw = math.radians(row.yaw)
    ahead = VEHICLE.front_point_x
    return row.x - ahead * math.cos(yaw), row.y - ahead * math.sin(yaw), yaw


def look(
    engine: Engine, pose: tuple[float, float, float], objects: ObjectStates | None = None
) -> Image:
    """What the camera of a car at this pose sees among objects, (rows, columns, 3) RGB."""
    engine.reset(np.array([0]), np.array([pose]), nominal_conditions(1))
    if objects is not None:
        engine.place_objects(objects)
    picture: Image = engine.render()[0].copy()
    return picture


def _engine(driven: Driven) -> Engine:
    name = str(driven.results.config.get("engine"))
    profile = load_profile(str(driven.results.config.get("profile")))
    known = name if name in ENGINES else _FALLBACK_ENGINE
    return make_engine(known, find_track(driven.results.track), profile, 1, ImageSpec())


def _is_same(row: TraceRow, decision: Decision) -> bool:
    if decision.action != NO_INDEX:
        return row.action == decision.action
    steering = abs(math.radians(row.steering_angle) - decision.steering_angle)
    return steering <= SAME_STEERING and abs(row.speed - decision.speed) <= SAME_SPEED


def _status(row: TraceRow) -> str:
    quiet = None, EpisodeStatus.IN_PROGRESS, EpisodeStatus.PREPARE
    return "" if row.status in quiet else row.status.label
