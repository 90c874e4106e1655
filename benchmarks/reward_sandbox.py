#!/usr/bin/env python3
"""Time of sandboxed reward functions: params in, rewards out, through the confined process.

The aims, for the centre-line example: at most 40 us per car and step in batches of 16, and 250 us
at p50 for a single car. Run it with the workspace set up: `python benchmarks/reward_sandbox.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepracer_core.reward.legacy import LegacyScale
from deepracer_core.reward.ready_made import ready_made
from deepracer_core.reward.sandbox import RewardSandbox
from deepracer_core.reward.situations import SITUATIONS, situation_params
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward_params import track_constants
from deepracer_core.track.definition import load_definition
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE
from report import Timing, measure, per_car, print_machine, print_timings

TRACK = Path(__file__).parents[1] / "worlds" / "reinvent_2018" / "track.yaml"
BATCH = 16  # cars
AIM_PER_CAR = 40e-6  # [s], p50 in batches
AIM_SINGLE = 250e-6  # [s], p50


def main() -> None:
    """Measure all ready-made functions, alone and in batches, and the start of the sandbox."""
    track = Track.from_definition(load_definition(TRACK))
    constants = track_constants(track)
    scale = LegacyScale(track.world_bounds, VEHICLE.max_speed, VEHICLE.max_steering_angle)
    steps = [situation_params(track, SITUATIONS[car % len(SITUATIONS)]) for car in range(BATCH)]

    def start(path: Path) -> RewardSandbox:
        return RewardSandbox(RewardFunction.load(path), constants, legacy=scale)

    def call(sandbox: RewardSandbox, cars: int) -> Callable[[], Any]:
        return lambda: sandbox.rewards(steps[:cars])

    print_machine("numpy", "scipy", "shapely")
    table: dict[str, Timing] = {}
    for item in ready_made():
        with start(item.path) as sandbox:
            table[f"{item.name}, {BATCH} cars, per car"] = per_car(
                measure(call(sandbox, BATCH)), BATCH
            )
            table[f"{item.name}, 1 car"] = measure(call(sandbox, 1))
    print_timings(table.items(), "us")
    path = ready_made()[0].path
    starting = measure(lambda: start(path).close(), warm_up=1, rounds=5, calls=5)
    print_timings([("start, confine, load, end", starting)])

    batch = min(table[f"centre_line, {BATCH} cars, per car"].p50)
    single = min(table["centre_line, 1 car"].p50)
    print(
        f"\ncentre_line, quietest round: {batch * 1e6:.1f} us per car in batches of {BATCH} "
        f"(aim {AIM_PER_CAR * 1e6:.0f}), {single * 1e6:.0f} us for one car "
        f"(aim {AIM_SINGLE * 1e6:.0f})"
    )


if __name__ == "__main__":
    main()
