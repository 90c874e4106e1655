"""What can be wrong with a car's computer, looked at one by one, each with its repair."""

from __future__ import annotations

import ctypes
import getpass
import grp
import importlib.util
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import ConfigError, DeepRacerError, HardwareError
from deepracer_core.policy import Policy

from deepracer_car import calibration
from deepracer_car.camera_choice import open_camera
from deepracer_car.guard import PRIORITY
from deepracer_car.hardware import AWS_DEVICE, AWS_ENABLE, PI_BUS, PI_DEVICE, detect_car
from deepracer_car.service import RULES_PATH
from deepracer_car.sysfs import claim, show
from deepracer_car.sysfs_pwm import find_chip

INSTALL = "ros2 run deepracer_car install_service"
GROUPS = {"aws": ("video",), "raspberry_pi": ("video",), "raspberry_pi_i2c": ("video", "i2c")}
LEAST_DISK, LITTLE_DISK = 50, 500  # [MB]
FRAME_PERIOD = 1 / 30  # [s]
TIME_ERROR = 5  # what adjtimex returns where nobody keeps the clock; timex.h
TIMEX_SIZE = 512  # [bytes] more than struct timex of any Linux
BUILT = 1_750_000_000  # [s] of the epoch, June 2025: before this stack was


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "WARN"
    """The car drives, but not as well as it could."""
    FAIL = "FAIL"
    """The car does not drive."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    """What was looked at, and how it is."""
    level: Level = Level.OK
    """How bad that is."""
    repair: str = ""
    """What to do about it."""


@dataclass(frozen=True)
class Car:
    """Which car, and where its parts are looked for."""

    hardware: str
    """Name of the hardware."""
    root: Path
    """What stands for the root of the file system."""
    calibration: Path
    """Calibration file."""
    camera: str
    """Name of the camera, see `camera_choice`."""
    model: str
    """Name or folder of the model; empty: none is looked at."""
    store: ModelStore
    """Where models are found."""


Findings = Iterator[Finding]


def detect_hardware(root: Path) -> str:
    """Which car this is by what it has; dry_run if by nothing.

    Args:
        root: What stands for the root of the file system.
    """
    try:
        return detect_car(root)
    except ConfigError:
        return "raspberry_pi_i2c" if (root / PI_BUS).exists() else "dry_run"


def examine(car: Car) -> Findings:
    """Look at everything, the hardware first."""
    for look in (
        check_pwm,
        check_gpio,
        check_i2c,
        check_stock_software,
        check_permissions,
        check_camera,
        check_calibration,
        check_model,
        check_clock,
        check_disk,
        check_governor,
    ):
        yield from look(car)


def check_pwm(car: Car) -> Findings:
    """The kernel's PWM chip."""
    devices = {"aws": AWS_DEVICE, "raspberry_pi": PI_DEVICE}
    if car.hardware not in devices:
        return
    chip = find_chip(devices[car.hardware], car.root / "sys")
    if chip is None:
        repair = (
            "boot the car's own image (Ubuntu 20.04 or 24.04 for the AWS DeepRacer)"
            if car.hardware == "aws"
            else "add dtoverlay=i2c-pwm-pca9685a,addr=0x40 to /boot/firmware/config.txt and boot, "
            "or use hardware:=raspberry_pi_i2c"
        )
        yield Finding(f"PWM: no chip of device {devices[car.hardware]}", Level.FAIL, repair)
        return
    yield from _is_writable(f"PWM: {chip.name}", chip / "export")
    try:
        os.close(claim(chip / "npwm"))
    except HardwareError:
        yield Finding(
            "PWM: a servo node or calibration has it now",
            Level.WARN,
            "if that surprises: sudo systemctl stop deepracer-car, or Ctrl-C in its terminal",
        )


def check_gpio(car: Car) -> Findings:
    """The line that enables servo and motor."""
    if car.hardware != "aws":
        return
    folder = car.root / "sys/class/gpio"
    for chip in sorted(folder.glob("gpiochip*")):
        base = int(show(chip / "base"))
        for line in AWS_ENABLE:
            if base <= line < base + int(show(chip / "ngpio")):
                yield from _is_writable(f"GPIO: line {line} of {chip.name}", folder / "export")
                return
    yield Finding(
        f"GPIO: no chip has a line {' or '.join(map(str, AWS_ENABLE))}",
        Level.FAIL,
        "use a kernel with GPIO_SYSFS: the car's own image has it",
    )


def check_i2c(car: Car) -> Findings:
    """The bus on which a Raspberry Pi finds its PWM chip."""
    if car.hardware != "raspberry_pi_i2c":
        return
    bus = car.root / PI_BUS
    if not bus.exists():
        yield Finding(
            f"I2C: no /{PI_BUS}", Level.FAIL, "sudo raspi-config nonint do_i2c 0, then reboot"
        )
        return
    yield from _is_writable("I2C: bus 1", bus)
    if importlib.util.find_spec("smbus2") is None:
        yield Finding("I2C: smbus2 is missing", Level.FAIL, "sudo apt install python3-smbus2")


def check_stock_software(car: Car) -> Findings:
    """Whether AWS' own software would drive the same servo."""
    units = list((car.root / "etc/systemd/system").glob("*.wants/deepracer-core.service"))
    if units:
        yield Finding(
            "stock software: deepracer-core starts at boot and drives the same servo",
            Level.FAIL,
            "sudo systemctl disable --now deepracer-core",
        )


def check_permissions(car: Car) -> Findings:
    """What this user may do."""
    if car.hardware == "dry_run":
        return
    rules = car.root / RULES_PATH
    if rules.exists():
        yield Finding("permissions: udev rules are installed")
    else:
        yield Finding("permissions: no udev rules", Level.WARN, INSTALL)
    mine = set(map(_group_name, (*os.getgroups(), os.getegid())))
    for group in GROUPS[car.hardware]:
        if os.geteuid() != 0 and group not in mine:
            yield Finding(
                f"permissions: {getpass.getuser()} is not in the group {group}",
                Level.WARN,
                f"sudo usermod -aG {group} {getpass.getuser()}, then log in again",
            )
    if os.geteuid() != 0 and resource.getrlimit(resource.RLIMIT_RTPRIO)[0] < PRIORITY:
        yield Finding(
            "permissions: the guard gets no real-time priority",
            Level.WARN,
            f"start the car as service ({INSTALL}), or add '@video - rtprio {PRIORITY}' to "
            f"/etc/security/limits.conf",
        )


def check_camera(car: Car) -> Findings:
    """Whether the camera gives a picture."""
    try:
        camera = open_camera(car.camera, 640, 480, 30.0)
        try:
            rows, columns = camera.read().image.shape[:2]
        finally:
            camera.close()
    except DeepRacerError as error:
        what, _, repair = str(error).partition(": ")
        yield Finding(f"camera: {what}", Level.FAIL, repair or "check camera:=")
        return
    yield Finding(f"camera: {car.camera} gives pictures of {columns}x{rows}")


def check_calibration(car: Car) -> Findings:
    """The file of the pulses."""
    repair = f"ros2 launch deepracer_car calibrate.launch.py hardware:={car.hardware}"
    if not car.calibration.exists():
        what = f"calibration: {car.calibration} is missing, the stock car's pulses are used"
        yield Finding(what, Level.WARN, repair)
        return
    try:
        calibration.load(car.calibration)
    except DeepRacerError as error:
        yield Finding(f"calibration: {error}", Level.FAIL, repair)
        return
    if not os.access(car.calibration.parent, os.W_OK):
        yield Finding(
            f"calibration: {car.calibration} cannot be replaced",
            Level.WARN,
            f"sudo chown -R {getpass.getuser()} {car.calibration.parent}",
        )
        return
    yield Finding(f"calibration: {car.calibration}")


def check_model(car: Car) -> Findings:
    """Whether the model loads and decides in time."""
    if not car.model:
        yield Finding("model: none given (--model)", Level.WARN, "give the one that shall drive")
        return
    try:
        policy = Policy.load(car.store.find(car.model))
    except DeepRacerError as error:
        yield Finding(f"model: {error}", Level.FAIL, "choose another, or train it again")
        return
    image = np.zeros((120, 160, 3), np.uint8)
    begin = time.perf_counter()
    policy.decide(*[image] * policy.spec.preprocessing.cameras)
    duration = time.perf_counter() - begin
    what = f"model: {policy.name} decides in {duration * 1e3:.1f} ms"
    if policy.spec.preprocessing.cameras > 1:
        yield Finding(f"{what} from two cameras", Level.FAIL, "this car has one: train for one")
    elif duration > FRAME_PERIOD:
        yield Finding(what, Level.WARN, "fps:=15, or train a smaller network")
    else:
        yield Finding(what)


def check_clock(
    _: Car,
    now: Callable[[], float] = time.time,
    state: Callable[[], int] | None = None,
) -> Findings:
    """Whether the clock is right, which joysticks and recordings on other computers need."""
    repair = "sudo timedatectl set-ntp true, and let the car reach a network"
    if now() < BUILT:
        yield Finding("clock: it stands in the past", Level.WARN, repair)
    elif (state or _clock_state)() == TIME_ERROR:
        yield Finding("clock: nobody keeps it", Level.WARN, repair)
    else:
        yield Finding("clock: kept by a time server")


def check_disk(car: Car) -> Findings:
    """Room for logs, models and recordings."""
    free = shutil.disk_usage(car.root).free // 1_000_000
    what = f"disk: {free} MB free"
    repair = "delete recordings (rosbag2_*), old models and ~/.ros/log"
    if free < LEAST_DISK:
        yield Finding(what, Level.FAIL, repair)
    elif free < LITTLE_DISK:
        yield Finding(what, Level.WARN, repair)
    else:
        yield Finding(what)


def check_governor(car: Car) -> Findings:
    """Whether the processor runs at its full clock."""
    files = car.root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
    governors = {show(path) for path in files}
    if governors - {"performance"}:
        yield Finding(
            f"CPU governor: {', '.join(sorted(governors))}",
            Level.WARN,
            "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
        )
    else:
        yield Finding("CPU governor: performance" if governors else "CPU governor: none")


def _is_writable(what: str, path: Path) -> Findings:
    if os.access(path, os.W_OK):
        yield Finding(what)
    else:
        user = getpass.getuser()
        group = _group_name(path.stat().st_gid) if path.exists() else "root"
        join = INSTALL if group == "root" else f"sudo usermod -aG {group} {user}"
        yield Finding(
            f"{what}: {user} may not write {path}", Level.FAIL, f"{join}, then log in again"
        )


def _clock_state() -> int:
    """What the kernel says of its clock (adjtimex, which changes nothing where modes is 0)."""
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_SIZE))
    return state


def _group_name(number: int) -> str:
    """Name of a group, or its number: in a container it may have none."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
