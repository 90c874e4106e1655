#!/usr/bin/env python3
"""Change code in every way mutmut knows and see whether its tests notice.

    python3 tools/mutate.py [gate|obstacle|servo|guard] [--only MODULE.py]

needs mutmut and what the tests need (requirements/), takes one to five minutes, works in a
temporary folder and leaves the repository alone. It ends with the survivors and the score, and with
exit code 1 if fewer than 95 % of the mutants are killed. mutmut leaves constants, dataclass fields,
enums and properties alone: tests compare those with their meaning.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

WANTED_SCORE = 0.95
KILLED = ("killed", "timeout")  # an endless loop is noticed, too
WORKSPACE = Path(__file__).resolve().parents[1] / "deepracer_ws/src"
MESSAGES = "deepracer_interfaces/msg"  # the tests compare enums with them


@dataclass(frozen=True)
class Target:
    """Modules of a package and the tests that must notice when they change."""

    package: str
    """Name of the package."""
    modules: tuple[str, ...]
    """What is changed."""
    tests: tuple[str, ...]
    """What must notice."""
    helpers: tuple[str, ...] = ()
    """What the tests import."""
    pure: tuple[str, ...] = ("*",)
    """Patterns of the names of what counts; the rest reads arguments, prints and waits."""


TARGETS = {
    "gate": Target(
        "deepracer_core",
        ("command_checks.py", "command_gate.py"),
        ("test_command_checks.py", "test_command_gate.py"),
    ),
    "obstacle": Target("deepracer_core", ("obstacle_watch.py",), ("test_obstacle_watch.py",)),
    "servo": Target(
        "deepracer_car",
        (
            "actuation.py",
            "calibration.py",
            "calibration_session.py",
            "diagnostics.py",
            "latency.py",
            "speed_table.py",
        ),
        (
            "test_actuation_pure.py",
            "test_calibration.py",
            "test_calibration_session.py",
            "test_latency.py",
            "test_speed_table.py",
        ),
    ),
    "guard": Target(
        "deepracer_car",
        ("guard.py",),
        ("test_guard.py",),
        ("fake_car.py",),
        ("*.x\u01c1Guard\u01c1*", "*.x\u01c1Neutral\u01c1*", "*.x_watch__*", "*.x__answer__*"),
    ),
}
"""What can be changed, by name."""

CONFTEST = """\
from hypothesis import settings

settings.register_profile("mutation", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("mutation")
"""

CONFIGURATION = """\
[mutmut]
source_paths =
    {package}
only_mutate =
    {modules}
also_copy =
    pytest.ini
"""


def prepare(folder: Path, target: Target) -> None:
    """Lay out the package, the tests and the configuration of mutmut in `folder`."""
    source = WORKSPACE / target.package
    shutil.copytree(source / target.package, folder / target.package)
    shutil.copytree(WORKSPACE / MESSAGES, folder / MESSAGES)
    (folder / "test").mkdir()
    for name in (*target.tests, *target.helpers):
        shutil.copy(source / "test" / name, folder / "test")
    modules = "\n    ".join(f"{target.package}/{module}" for module in target.modules)
    configuration = CONFIGURATION.format(package=target.package, modules=modules)
    (folder / "setup.cfg").write_text(configuration)
    (folder / "test" / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")


def mutmut(folder: Path, target: Target, *arguments: str, capture: bool = False) -> str:
    """Run mutmut in `folder`; return what it prints if that is captured.

    Raises:
        subprocess.CalledProcessError: mutmut failed, for example because a test fails unmutated.
    """
    command = [sys.executable, "-m", "mutmut", *arguments]
    stdout = subprocess.PIPE if capture else None
    # A sourced workspace must not put the installed package before the mutated one.
    others = [] if target.package == "deepracer_core" else [str(WORKSPACE / "deepracer_core")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(others)}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=stdout, text=True, check=True
    )
    return done.stdout or ""


def results(folder: Path, target: Target) -> dict[str, str]:
    """What became of each mutant that counts, by its name."""
    lines = mutmut(folder, target, "results", "--all", "true", capture=True).splitlines()
    found = (line.strip().partition(": ") for line in lines)
    return {
        name: result
        for name, _, result in found
        if result and any(fnmatch.fnmatchcase(name, pattern) for pattern in target.pure)
    }


def mutate(target: Target) -> bool:
    """Run and report; return whether enough mutants are killed."""
    with tempfile.TemporaryDirectory(prefix="mutate_") as name:
        folder = Path(name)
        prepare(folder, target)
        mutmut(folder, target, "run", "--max-children", "1", *target.pure)
        found = results(folder, target)
        killed = sum(result in KILLED for result in found.values())
        for mutant, result in found.items():
            if result not in KILLED:
                print(f"\n{mutant}: {result}")
                mutmut(folder, target, "show", mutant)
    score = killed / len(found)
    print(f"killed {killed} of {len(found)} mutants, {score:.1%}; wanted {WANTED_SCORE:.0%}")
    return score >= WANTED_SCORE


def main() -> int:
    """Change what is asked for, or everything; return the exit code."""
    parser = argparse.ArgumentParser(description="Changes code and sees whether tests notice.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--only", help="change only this module of the target")
    options = parser.parse_args()
    wrong = set(options.targets) - set(TARGETS)
    if wrong:
        parser.error(f"no target {', '.join(sorted(wrong))}: give some of {', '.join(TARGETS)}")
    went_well = True
    for name in options.targets or TARGETS:
        target = TARGETS[name]
        if options.only:
            target = replace(target, modules=(options.only,))
        print(f"== {name}")
        went_well = mutate(target) and went_well
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())
