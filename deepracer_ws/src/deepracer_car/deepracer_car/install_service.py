"""Has the car drive from boot on: `ros2 run deepracer_car install_service --hardware aws`.

It writes a systemd unit, udev rules, the user that drives, and a file of settings, by sudo. What is
installed already is replaced, but for the settings, which are only made if they are missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deepracer_core.errors import ConfigError, DeepRacerError, StorageError

from deepracer_car.calibration import DEFAULT_PATH
from deepracer_car.hardware import HARDWARE, SYSTEM
from deepracer_car.service import REMOVAL, SETTINGS_PATH, UNIT, Service, hidden_part

LEFT_HINT = (
    f"start it now: sudo systemctl start {UNIT}\n"
    f"how it is:    systemctl status {UNIT}; ros2 run deepracer_car car status\n"
    f"its log:      journalctl -u {UNIT} -f\n"
    f"settings:     /{SETTINGS_PATH}"
)


def main(arguments: list[str] | None = None) -> int:
    """Install, print or remove; return the exit status."""
    options = _parse(arguments)
    try:
        if options.remove:
            return _remove()
        service = Service(
            options.hardware,
            (options.setup or find_setup()).absolute(),
            options.calibration.absolute(),
            options.arguments,
            options.domain,
            options.user,
        )
        if options.print:
            for path, text in service.render().items():
                print(f"# /{path}\n{text}")
            return 0
        install(service, options.root)
    except DeepRacerError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    return 0


def find_setup() -> Path:
    """setup.bash of the workspace that this shell has sourced.

    Raises:
        ConfigError: there is none.
    """
    for prefix in os.environ.get("COLCON_PREFIX_PATH", "").split(os.pathsep):
        setup = Path(prefix) / "setup.bash"
        if prefix and setup.exists():
            return setup
    raise ConfigError("no workspace is set up in this shell: . install/setup.bash, or give --setup")


def install(service: Service, root: Path) -> None:
    """Write the files, and make them count if this is the real system.

    Raises:
        ConfigError: there is no such workspace.
        StorageError: a file cannot be written, or a command fails.
    """
    if not service.setup.is_file():
        raise ConfigError(f"there is no {service.setup}: give the setup.bash of the workspace")
    hidden = hidden_part(service.setup)
    if hidden is not None:
        print(
            f"[WARNING] {service.user} may not enter {hidden}, so the service will not find "
            f"{service.setup}: chmod o+x {hidden}, or move the workspace to /opt"
        )
    for path, text in service.render().items():
        target = root / path
        if path == SETTINGS_PATH and target.exists():
            print(f"kept {target}")
            continue
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            _run("install", "-D", "-m", "0644", file.name, str(target), privileged=root == SYSTEM)
        print(f"wrote {target}")
    if root == SYSTEM:
        for command in service.afterwards():
            _run(*command, privileged=True)
        print(LEFT_HINT)


def _remove() -> int:
    """Take the files away."""
    for command in REMOVAL:
        _run(*command, privileged=True)
    print(f"removed; /{SETTINGS_PATH}, the user and its models are left")
    return 0


def _run(*command: str, privileged: bool) -> None:
    """Run a command, by sudo where that is needed; StorageError if it fails."""
    prefix: Sequence[str] = ("sudo",) if privileged and os.geteuid() != 0 else ()
    program = (*prefix, *command)
    if shutil.which(program[0]) is None:
        raise StorageError(f"{program[0]} is not installed: this system has no systemd or no sudo")
    if subprocess.run(program, check=False).returncode != 0:
        raise StorageError(f"{' '.join(program)} has failed: its message above says why")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="install_service", description="Has the car drive from boot on, by systemd."
    )
    parser.add_argument("--hardware", choices=list(HARDWARE), help="the car")
    parser.add_argument("--setup", type=Path, help="setup.bash; default: that of this shell")
    parser.add_argument("--calibration", type=Path, default=DEFAULT_PATH, help="its file")
    parser.add_argument(
        "--arguments",
        default="teleop:=joystick",
        help="more arguments of drive.launch.py, as 'model:=my-model teleop:=joystick'",
    )
    parser.add_argument("--domain", type=int, default=0, help="ROS domain, 0 to 101")
    parser.add_argument("--user", default="deepracer", help="who drives, not root; made if missing")
    parser.add_argument("--root", type=Path, default=SYSTEM, help="write below this folder only")
    parser.add_argument("--print", action="store_true", help="only show the files")
    parser.add_argument("--remove", action="store_true", help="take the service away again")
    options = parser.parse_args(arguments)
    if not options.remove and options.hardware is None:
        parser.error("give --hardware")
    return options


if __name__ == "__main__":
    sys.exit(main())
