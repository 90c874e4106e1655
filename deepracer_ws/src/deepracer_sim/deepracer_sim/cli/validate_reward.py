"""`ros2 run deepracer_sim validate_reward FILE`: tell what is wrong with a reward function.

Exit code 0: one can train with it (there may be warnings). 1: there are errors. 2: the file or the
track is not there, or the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from deepracer_core.errors import ConfigError, TrackError
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.ready_made import ready_made, reward_path
from deepracer_core.reward.validator import Finding, ValidationReport, validate_file
from deepracer_core.track.track import Track

from deepracer_sim.worlds import DEFAULT_TRACK, find_track

PASSED, FAILED, MISUSED = 0, 1, 2

_SHOWN_SITUATIONS = 4

# ANSI select graphic rendition
_COLOURS = {"error": "31", "warning": "33", "passed": "32", "failed": "31"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate the file that the command line names, print the findings, return the exit code."""
    options = _parser().parse_args(arguments)
    if options.list:
        for item in ready_made():
            print(f"{item.name}: {item.path}\n    {item.description}")
        return PASSED
    if options.file is None:
        print("validate_reward: no file given", file=sys.stderr)
        return MISUSED
    try:
        path = reward_path(options.file)
        track = Track.from_definition(find_track(options.track))
        limits = SandboxLimits(call_seconds=options.seconds)
    except (TrackError, ConfigError) as error:
        print(f"validate_reward: {error}", file=sys.stderr)
        return MISUSED
    if not path.is_file():
        print(f"validate_reward: no file {path}", file=sys.stderr)
        return MISUSED
    report = validate_file(path, track, limits=limits, sample_units=options.sample_units)
    if options.json:
        print(json.dumps(report.to_dict(), indent=2))
    else:
        print("\n".join(lines(report, sys.stdout)))
    return PASSED if report.passed else FAILED


def lines(report: ValidationReport, stream: TextIO) -> Iterator[str]:
    """The report for people; in colour if the stream is a terminal."""
    for finding in report.findings:
        yield _coloured(finding.severity, _head(report.name, finding), stream)
        yield f"    {finding.repair}"
        if finding.situations:
            yield f"    Happens: {_some(finding.situations)}."
    values = report.rewards.values()
    if values:
        low, high = min(values), max(values)
        yield f"{report.name}: {len(values)} rewards, from {low:g} to {high:g}"
    verdict = "passed" if report.passed else "failed"
    yield _coloured(verdict, f"{report.name}: {verdict}", stream)


def _head(name: str, finding: Finding) -> str:
    place = name if finding.line is None else f"{name}:{finding.line}"
    return f"{place}: {finding.severity}: {finding.cause}"


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _SHOWN_SITUATIONS
    rest = f" and in {more} more situations" if more > 0 else ""
    return "; ".join(names[:_SHOWN_SITUATIONS]) + rest


def _coloured(kind: str, text: str, stream: TextIO) -> str:
    return f"\033[{_COLOURS[kind]}m{text}\033[0m" if stream.isatty() else text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="validate_reward",
        description="Tell what is wrong with a reward function: load it in the sandbox and call it "
        "in many situations, in both driving directions.",
        epilog="Exit code 0: passed, perhaps with warnings; 1: errors found; 2: wrong use.",
    )
    parser.add_argument(
        "file", nargs="?", help="the Python file, or the name of a function that comes along"
    )
    parser.add_argument("--track", default=DEFAULT_TRACK, help="track to try it on (%(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="time for one call (%(default)s s, as AWS)"
    )
    parser.add_argument(
        "--sample-units",
        action="store_true",
        help="call a twelve-argument function with the units of the 2018 sample code",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--list", action="store_true", help="list the functions that come along")
    return parser


if __name__ == "__main__":
    sys.exit(main())
