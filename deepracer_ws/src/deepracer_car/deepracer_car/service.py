"""The files with which the car drives from boot on, filled in for one car."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from deepracer_core.errors import ConfigError

UNIT = "deepracer-car.service"
RULES_PATH = "etc/udev/rules.d/99-deepracer.rules"
SETTINGS_PATH = "etc/deepracer/car.env"
PATHS = {
    UNIT: f"etc/systemd/system/{UNIT}",
    "99-deepracer.rules": RULES_PATH,
    "deepracer.conf": "etc/sysusers.d/deepracer.conf",
    "car.env": SETTINGS_PATH,
}
"""Where each file goes, below the root."""

MODELS = ("/var/lib/deepracer", "/var/lib/deepracer/models")
"""Folders of the user, as in the unit; there before its first start, to put models into."""

REMOVAL = (
    ("systemctl", "disable", "--now", UNIT),
    ("rm", "-f", *(f"/{path}" for path in PATHS.values() if path != SETTINGS_PATH)),
    ("systemctl", "daemon-reload"),
    ("udevadm", "control", "--reload"),
)
"""Commands that take all of it away but the settings, the user and what it has made."""

LAST_DOMAIN = 101
"""The largest ROS domain whose ports are free on every Linux: above are those it hands out."""
USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")  # useradd(8)
PLAIN = re.compile(r"[^\"\\$`\n@%]*")
"""What is safe between double quotes in a file of settings, and in a unit."""


@dataclass(frozen=True)
class Service:
    """How the car drives from boot on."""

    hardware: str
    """Name of the hardware."""
    setup: Path
    """setup.bash of the workspace."""
    calibration: Path
    """Calibration file."""
    arguments: str = ""
    """Further arguments of drive.launch.py, as in a shell but without quotes."""
    domain: int = 0
    """ROS domain."""
    user: str = "deepracer"
    """User and group that drive; made if missing."""

    def __post_init__(self) -> None:
        """Refuse what would mean something else in a unit or a file of settings, or is not safe.

        Raises:
            ConfigError: a value holds characters that it may not hold, the user may do everything,
                or there is no such domain.
        """
        if not USER.fullmatch(self.user) or self.user == "root":
            raise ConfigError(f"user {self.user!r}: give a plain name of a user, not root")
        if not 0 <= self.domain <= LAST_DOMAIN:
            raise ConfigError(f"domain {self.domain}: give a ROS domain from 0 to {LAST_DOMAIN}")
        for name in ("setup", "calibration", "arguments"):
            value = str(getattr(self, name))
            if not PLAIN.fullmatch(value):
                raise ConfigError(f"{name} {value!r}: write it without quotes, \\, $, `, @ and %")

    def afterwards(self) -> list[tuple[str, ...]]:
        """Commands that make the files count."""
        pins = ("--subsystem-match=pwm", "--subsystem-match=gpio")
        return [
            ("systemd-sysusers", "deepracer.conf"),
            ("install", "-d", "-m", "0755", "-o", self.user, "-g", self.user, *MODELS),
            ("udevadm", "control", "--reload"),
            ("udevadm", "trigger", *pins, "--action=add"),
            ("systemctl", "daemon-reload"),
            ("systemctl", "enable", UNIT),
        ]

    def render(self) -> dict[str, str]:
        """Each file's path below the root, and its content."""
        values = {
            "@USER@": self.user,
            "@SETUP@": str(self.setup),
            "@HARDWARE@": self.hardware,
            "@CALIBRATION@": str(self.calibration),
            "@ARGUMENTS@": self.arguments,
            "@DOMAIN@": str(self.domain),
        }
        folder = files("deepracer_car") / "service_files"
        rendered = {}
        for name, path in PATHS.items():
            text = (folder / name).read_text("utf-8")
            for place, value in values.items():
                text = text.replace(place, value)
            rendered[path] = text
        return rendered


def hidden_part(path: Path) -> Path | None:
    """The folder on the way to a path that other users may not enter; None if they can reach it."""
    for folder in reversed(path.resolve().parents):
        if not folder.stat().st_mode & 0o001:
            return folder
    return None
