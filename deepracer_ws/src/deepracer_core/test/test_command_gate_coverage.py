"""The gate's own tests run every line and every branch of it, or this test fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULES = ("command_checks.py", "command_gate.py", "obstacle_watch.py")
TESTS = ("test_command_checks.py", "test_command_gate.py", "test_obstacle_watch.py")


def test_every_line_and_branch_of_the_gate_is_tested(tmp_path):
    environment = {**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")}
    include = ",".join(f"*/deepracer_core/{module}" for module in MODULES)

    def coverage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            cwd=HERE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    run = coverage("run", "--branch", f"--include={include}", "-m", "pytest", "-q", *TESTS)
    assert run.returncode == 0, run.stdout + run.stderr
    report = coverage("report", "--show-missing", "--fail-under=100")
    assert report.returncode == 0, report.stdout + report.stderr
    assert all(module in report.stdout for module in MODULES), report.stdout
