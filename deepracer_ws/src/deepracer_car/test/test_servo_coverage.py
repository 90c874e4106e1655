"""The tests of servo and guard run every line and branch of their pure logic, or this fails.

Its shells (servo_node, calibrate, guard_link) run in processes of their own, which other tests
start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = {
    "actuation.py": "test_actuation_pure.py",
    "calibration.py": "test_calibration.py",
    "calibration_session.py": "test_calibration_session.py",
    "diagnostics.py": "test_actuation_pure.py",
    "dry_run.py": "test_car_hardware.py",
    "gpio.py": "test_car_hardware.py",
    "guard.py": "test_guard.py",
    "hardware.py": "test_car_hardware.py",
    "latency.py": "test_latency.py",
    "pca9685.py": "test_pwm_pca9685.py",
    "rig.py": "test_rig.py",
    "speed_table.py": "test_speed_table.py",
    "sysfs.py": "test_pwm_sysfs.py",
    "sysfs_pwm.py": "test_pwm_sysfs.py",
    "tail_led.py": "test_car_hardware.py",
}
# What only runs as a program, and interfaces without code.
LEFT_OUT = (
    "[report]\nexclude_also =\n    if __name__ == .__main__.:\n    class \\w+\\(Protocol\\):\n"
)


@pytest.mark.timeout(900)
def test_every_line_and_branch_of_servo_and_guard_is_tested(tmp_path):
    (tmp_path / "rc").write_text(LEFT_OUT)
    environment = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}
    include = ",".join(f"*/deepracer_car/{module}" for module in MODULES)

    def coverage(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            cwd=HERE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    tests = sorted(set(MODULES.values()))
    coverage("run", "--branch", f"--include={include}", "-m", "pytest", "-q", *tests)
    report = coverage("report", f"--rcfile={tmp_path / 'rc'}", "--show-missing", "--fail-under=100")
    assert all(f"/{module}" in report for module in MODULES), report
