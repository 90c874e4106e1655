"""Draws how cars answer commands in both engines, beside what is known of the AWS simulator.

    python benchmarks/vehicle_dynamics.py [vehicle_dynamics.png]

Steady curvature per tangent of the steering angle, for each profile; yaw rate after a steering
step; speed after steps of the command; distance between the engines under the same commands. Prints
the figures as tables. The reference is what the logs of the AWS simulator (simapp, physics version
6, reinvent_base) among the test data of utils show. Needs matplotlib, and the workspace sourced.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from ament_index_python.packages import get_package_share_directory
from deepracer_core.track.definition import Field
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.car_model import CarModel, load_car_model
from deepracer_sim.engine import CONTROL_PERIOD, Floats, nominal_conditions
from deepracer_sim.mujoco_engine.physics import CarPhysics
from deepracer_sim.planar import dynamics
from deepracer_sim.planar.plant import make_plant
from deepracer_sim.vehicle_profile import VehicleProfile, load_profile, profile_names
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from report import print_machine

X, Y, YAW, AHEAD, LEFT, YAW_RATE = range(6)
Drive = Callable[[Floats, VehicleProfile], Floats]
"""From commands (steps, N, 2) to motions (steps, N, 6): pose, velocity and yaw rate after each."""

LOGGED_CURVATURE = (3.2, 3.6)
"""Curvature per tangent of the commanded angle, for 10 to 25 deg at 1 to 2 m/s [1/m]."""
LOGGED_STEP = 0.0667
"""Mean step of the logs [s]."""
LOGGED_POLES = (0.46, 0.58)
"""Poles of the yaw rate after a steering step, per step of the logs."""
LOGGED_SPEED_STEPS = (1, 2)
"""Steps in which the speed reaches a command."""

ANGLES = np.radians([5.0, 10.0, 15.0, 20.0, 25.0, 30.0])
SPEEDS = (1.0, 1.5, 2.0)
GRIP = 0.85
"""Part of the friction limit up to which engines are compared; above it they may slide apart."""
RANDOM_DRIVES = 128
COLOURS = {"planar": "tab:blue", "mujoco": "tab:red"}


def drives(car: CarModel) -> dict[str, Drive]:
    """The engines' ways to drive, without their cameras."""

    def planar(commands: Floats, profile: VehicleProfile) -> Floats:
        plant = make_plant(car, profile)
        states = np.zeros((commands.shape[1], dynamics.STATE))
        ones = np.ones(len(states))
        motions = []
        for command in commands.astype(np.float32):
            dynamics.advance(
                states, command, ones, ones, ones, plant, dynamics.STEP, dynamics.SUBSTEPS
            )
            motions.append(np.hstack((states[:, dynamics.POSE], states[:, dynamics.MOTION][:, :3])))
        return np.array(motions)

    def mujoco(commands: Floats, profile: VehicleProfile) -> Floats:
        cars = commands.shape[1]
        conditions = nominal_conditions(cars)
        physics = CarPhysics(car, profile, Field(-100.0, -100.0, 100.0, 100.0), cars)
        physics.reset(np.arange(cars), np.zeros((cars, 3)), conditions)
        motions = []
        for command in commands.astype(np.float32):
            physics.step(command, conditions)
            states = physics.states
            motions.append(np.column_stack((states.poses, states.velocity, states.yaw_rate)))
        return np.array(motions)

    return {"planar": planar, "mujoco": mujoco}


def hold(steering: Floats, speed: float, steps: int) -> Floats:
    """The same commands (steps, N, 2) in every step."""
    command = np.column_stack((steering, np.full(len(steering), speed)))
    return np.repeat(command[None], steps, axis=0)


def curvature(motion: Floats) -> Floats:
    """Curvature of the path of base_link [1/m]."""
    return np.asarray(motion[..., YAW_RATE] / np.hypot(motion[..., AHEAD], motion[..., LEFT]))


def wanted_curvature(profile: VehicleProfile, steering: Floats) -> Floats:
    """Curvature [1/m] that a profile promises: that of the AWS simulator, or of the wheelbase."""
    if profile.name == "aws_sim":
        return 3.3 * np.tan(steering)
    radius = VEHICLE.wheelbase / np.tan(steering)
    return np.asarray(1.0 / np.hypot(radius, VEHICLE.wheelbase / 2.0))


def within_grip(profile: VehicleProfile, speed: float, steering: Floats) -> Floats:
    """Whether a steady turn is below the limit of friction."""
    demand = speed**2 * wanted_curvature(profile, steering)
    return np.asarray(demand < GRIP * profile.friction * dynamics.GRAVITY)


def show_curvature(axes: Axes, engines: dict[str, Drive], profile: VehicleProfile) -> None:
    """Draw and print the steady-state map of a profile."""
    wanted = wanted_curvature(profile, ANGLES)
    degrees, tangents = np.degrees(ANGLES), np.tan(ANGLES)
    axes.plot(degrees, wanted / tangents, "k-", label="wanted")
    axes.fill_between(
        degrees, 0.95 * wanted / tangents, 1.05 * wanted / tangents, color="0.9", label="within 5 %"
    )
    if profile.name == "aws_sim":
        axes.fill_between(
            degrees[1:5], *LOGGED_CURVATURE, alpha=0.2, color="tab:green", label="logs"
        )
    print(f"\nsteady curvature, {profile.name}: deviation from wanted [%] at 5 to 30 deg")
    for speed, marker in zip(SPEEDS, "ov^"):
        usable = within_grip(profile, speed, ANGLES)
        for name, drive in engines.items():
            measured = curvature(drive(hold(ANGLES, speed, 60), profile)[-1])
            label = f"{name}, {speed} m/s"
            axes.plot(
                degrees[usable],
                (measured / tangents)[usable],
                marker,
                color=COLOURS[name],
                mfc="none",
                label=label,
            )
            cells = np.where(usable, np.char.mod("%+.1f", 100.0 * (measured / wanted - 1.0)), "-")
            print(f"  {label:20}" + "".join(f"{cell:>8}" for cell in cells))
    axes.set(
        title=f"steady turns, {profile.name}",
        xlabel="steering [deg]",
        ylabel="curvature / tan(steering) [1/m]",
    )
    axes.legend(fontsize=7)


def show_yaw_response(axes: Axes, engines: dict[str, Drive], profile: VehicleProfile) -> None:
    """Draw the yaw rate after a steering step, and print the pole that fits it."""
    settle, steps = 30, 10
    steering = np.array([0.2])
    times = np.arange(steps) * CONTROL_PERIOD
    fast, slow = (1.0 - pole ** (times / LOGGED_STEP) for pole in LOGGED_POLES)
    axes.fill_between(times, slow, fast, color="0.85", label="logs: poles 0.46 to 0.58")
    print(f"\nyaw rate after a steering step: pole per 66.7 ms (logs: {LOGGED_POLES})")
    for speed, style in ((1.0, "o-"), (2.0, "v--")):
        commands = np.concatenate((hold(0.0 * steering, speed, settle), hold(steering, speed, 40)))
        for name, drive in engines.items():
            rates = drive(commands, profile)[settle - 1 :, 0, YAW_RATE]
            missing = 1.0 - rates / rates[-1]
            pole = missing[1:] @ missing[:-1] / (missing[:-1] @ missing[:-1])
            label = f"{name}, {speed} m/s"
            axes.plot(times, rates[:steps] / rates[-1], style, color=COLOURS[name], label=label)
            print(f"  {label:20}{pole ** (LOGGED_STEP / CONTROL_PERIOD):8.2f}")
    axes.set(title="steering step", xlabel="time [s]", ylabel="yaw rate / steady yaw rate")
    axes.legend(fontsize=7)


def show_speed_response(axes: Axes, engines: dict[str, Drive], profile: VehicleProfile) -> None:
    """Draw the speed after steps of the command, and print how soon it is reached."""
    straight, goals = np.zeros(1), (1.0, 2.0, 1.0, 4.0, 0.0)
    commands = np.concatenate([hold(straight, goal, 15) for goal in goals])
    times = np.arange(1, len(commands) + 1) * CONTROL_PERIOD
    axes.step(times, commands[:, 0, 1], "k", where="pre", lw=0.7, label="command")
    print(f"\nspeed after a step of the command (logs: reached in {LOGGED_SPEED_STEPS} steps)")
    for name, drive in engines.items():
        speeds = drive(commands, profile)[:, 0, AHEAD]
        axes.plot(times, speeds, ".-", color=COLOURS[name], label=name)
        for number, (before, after) in enumerate(pairwise(goals), start=1):
            done = (speeds[15 * number :][:4] - before) / (after - before)
            shown = "".join(f"{value:8.2f}" for value in done)
            print(
                f"  {name}, {before:.0f} to {after:.0f} m/s: part done after 1, 2, ... steps{shown}"
            )
    axes.set(title="speed steps", xlabel="time [s]", ylabel="speed [m/s]")
    axes.legend(fontsize=7)


def random_commands(profile: VehicleProfile) -> Floats:
    """Commands (30, N, 2) for 2 s from a standstill that change every fifth step, within grip.

    A car is never so fast that its sharpest turn and full braking together would make it slide.
    """
    rng = np.random.default_rng(0)
    sharpest = rng.uniform(0.1, 0.5, RANDOM_DRIVES)
    grip = GRIP * profile.friction * dynamics.GRAVITY
    sideways = np.sqrt(max(grip**2 - profile.acceleration**2, 0.0))
    fastest = np.minimum(np.sqrt(sideways / wanted_curvature(profile, sharpest)), 2.0)
    steering = rng.uniform(-sharpest, sharpest, (6, RANDOM_DRIVES))
    speed = rng.uniform(0.5 * fastest, fastest, (6, RANDOM_DRIVES))
    return np.repeat(np.stack((steering, speed), axis=-1), 5, axis=0)


def show_agreement(axes: Axes, engines: dict[str, Drive], profile: VehicleProfile) -> None:
    """Draw how far the engines come apart under the same commands."""
    commands = random_commands(profile)
    planar, mujoco = (drive(commands, profile)[..., :2] for drive in engines.values())
    distances = np.linalg.norm(planar - mujoco, axis=-1) * 1000.0
    times = np.arange(1, len(commands) + 1) * CONTROL_PERIOD
    median, p90, worst = (np.quantile(distances, part, axis=1) for part in (0.5, 0.9, 1.0))
    for values, label in ((median, "median"), (p90, "90 %"), (worst, "worst")):
        axes.plot(times, values, label=label)
    axes.axhline(100.0, color="k", lw=0.7)
    axes.set(title=f"engines apart, {RANDOM_DRIVES} random drives, {profile.name}")
    axes.set(xlabel="time [s]", ylabel="distance [mm]")
    axes.legend(fontsize=7)
    print(f"\nengines apart after 2 s of {RANDOM_DRIVES} random drives from a standstill [mm]")
    print(f"  {profile.name}: median {median[-1]:.0f}, 90 % {p90[-1]:.0f}, worst {worst[-1]:.0f}")


def main() -> None:
    """Drive both engines and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("picture", type=Path, nargs="?", default=Path("vehicle_dynamics.png"))
    picture = parser.parse_args().picture
    mpl.use("Agg")
    print_machine("numpy", "numba", "mujoco")
    share = Path(get_package_share_directory("deepracer"))
    engines = drives(load_car_model(share / "urdf" / "deepracer.urdf.xacro"))
    figure, rows = plt.subplots(2, 3, figsize=(18, 10), layout="constrained")
    default, other = map(load_profile, profile_names())
    show_curvature(rows[0][0], engines, default)
    show_curvature(rows[1][0], engines, other)
    show_yaw_response(rows[0][1], engines, default)
    show_speed_response(rows[1][1], engines, default)
    show_agreement(rows[0][2], engines, default)
    show_agreement(rows[1][2], engines, other)
    figure.savefig(picture, dpi=100)
    print(f"\nwrote {picture}")


if __name__ == "__main__":
    main()
