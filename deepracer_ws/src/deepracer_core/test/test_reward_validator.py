"""The validation of a reward function names each fault once, with its line and where it happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.ready_made import ReadyMade, ready_made
from deepracer_core.reward.situations import SITUATIONS, situation_params
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward.validator import Finding, ValidationReport, validate, validate_file
from deepracer_core.reward_params import track_constants
from deepracer_core.track.track import Track
from track_samples import ring_rows

ROWS = ring_rows(radius=3.0, width=0.8, points=60)
RING = Track("ring", ROWS[:, :2], ROWS[:, 2:4], ROWS[:, 4:], closed=True)


def report_on(body: str, limits: SandboxLimits | None = None) -> ValidationReport:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return validate(RewardFunction(f"def reward_function(params):\n{lines}\n"), RING, limits=limits)


def summary(report: ValidationReport) -> list[tuple[str, int | None, str]]:
    return [(found.severity, found.line, found.cause) for found in report.findings]


def test_situations_are_what_they_are_called() -> None:
    params = {s.name: {**track_constants(RING), **situation_params(RING, s)} for s in SITUATIONS}
    assert params["start"]["steps"] == 1
    assert params["finish"]["progress"] == 100.0
    assert params["off track"]["is_offtrack"]
    assert not params["off track"]["all_wheels_on_track"]
    assert params["on the way"]["all_wheels_on_track"]
    assert params["left border"]["is_left_of_center"]
    assert not params["right border"]["is_left_of_center"]
    assert params["last waypoint"]["closest_waypoints"] == [59, 60]
    assert params["start"]["closest_waypoints"] == [0, 1]
    assert params["crashed into a box"]["is_crashed"]
    assert params["box ahead"]["objects_location"] != []
    keys = {frozenset(values) for values in params.values()}
    assert len(keys) == 1, "all situations have the same keys"


@pytest.mark.parametrize("item", ready_made(), ids=lambda item: item.name)
def test_ready_made_functions_pass(item: ReadyMade) -> None:
    report = validate_file(item.path, RING)
    assert report.passed
    assert report.findings == ()
    assert len(report.rewards) == 2 * len(SITUATIONS)
    assert report.signature == ("legacy" if item.name.startswith("guide") else "params")
    assert item.description.endswith(".") or ":" in item.description


def test_fault_in_one_situation_is_found_there() -> None:
    report = report_on("if params['is_offtrack']:\n    return None\nreturn 1.0")
    (found,) = report.findings
    assert (found.severity, found.line, found.cause) == (
        "error",
        1,
        "the reward is None, not a number",
    )
    assert found.situations == ("off track", "off track, reversed")
    assert not report.passed
    assert report.rewards["start"] == 1.0


def test_faults_that_differ_in_a_number_only_are_one_finding() -> None:
    report = report_on("return 1e9 + params['distance_from_center']")
    assert [found.severity for found in report.findings] == ["error"]
    assert len(report.findings[0].situations) == 2 * len(SITUATIONS)


def test_same_fault_everywhere_is_one_finding() -> None:
    report = report_on("return params['speeed']")
    assert summary(report) == [("error", 2, "KeyError: 'speeed'")]
    assert len(report.findings[0].situations) == 2 * len(SITUATIONS)


def test_different_faults_are_ordered_by_line_with_errors_first() -> None:
    report = report_on(
        "import json\n"
        "if params['steps'] == 1: return 1 / 0\n"
        "if params['progress'] == 100.0: return 'done'\n"
        "return 1.0"
    )
    assert summary(report) == [
        ("error", 1, "the reward is 'done', not a number"),
        ("error", 3, "ZeroDivisionError: division by zero"),
        ("warning", 2, "AWS refuses the module json"),
    ]


def test_table_for_another_track_is_found_at_the_last_waypoint() -> None:
    report = report_on("return [1.0] * 60 and ([1.0] * 60)[params['closest_waypoints'][1]]")
    (found,) = report.findings
    assert "last waypoint" in found.situations
    assert "IndexError" in found.cause


def test_integer_is_a_warning_because_aws_refuses_it() -> None:
    report = report_on("return 1")
    assert summary(report) == [("warning", 1, "AWS refuses a reward that is not a float")]
    assert report.passed


def test_arguments_with_defaults_are_a_warning_because_aws_refuses_them() -> None:
    text = "def reward_function(params, gain=2.0, *rest, **more):\n    return gain + len(rest)\n"
    report = validate(RewardFunction(text), RING)
    assert summary(report) == [("warning", 1, "AWS refuses further arguments of reward_function")]
    assert report.passed
    assert set(report.rewards.values()) == {2.0}


def test_lambda_passes() -> None:
    report = validate(RewardFunction("reward_function = lambda params: 1.0\n"), RING)
    assert (report.findings, set(report.rewards.values())) == ((), {1.0})


def test_slow_function_is_a_warning() -> None:
    report = report_on(
        "from time import perf_counter\n"
        "end = perf_counter() + 0.02\n"
        "while perf_counter() < end: pass\n"
        "return 1.0"
    )
    assert report.passed
    slow, imported = report.findings
    assert slow.cause.startswith("a call takes at least ")
    assert slow.severity == "warning"
    assert imported.cause == "AWS refuses the module time"


def test_hanging_function_is_called_once_only() -> None:
    report = report_on("while True: pass", SandboxLimits(call_seconds=1.0))
    assert summary(report) == [("error", 2, "no answer within 1 s")]
    assert report.findings[0].situations == ("start",)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("def reward_function(params)\n    return 1.0", ("error", 1, "invalid syntax")),
        ("import os\n", ("error", 1, "module os cannot be imported")),
        ("x = 1\n", ("error", None, "no function named")),
        ("1 / 0\ndef reward_function(params): return 1.0", ("error", 1, "ZeroDivisionError")),
    ],
)
def test_file_that_does_not_load_gives_one_finding(
    text: str, finding: tuple[str, int | None, str]
) -> None:
    report = validate(RewardFunction(text), RING)
    ((severity, line, cause),) = summary(report)
    assert (severity, line) == finding[:2]
    assert cause.startswith(finding[2])
    assert report.signature is None
    assert not report.passed


def test_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "reward.py"
    path.write_bytes(b"\xff\xfe")
    report = validate_file(path, RING)
    assert summary(report) == [("error", 1, "the file is not UTF-8: byte 0 is 0xff")]


def test_report_as_plain_data() -> None:
    finding = Finding("warning", "cause", 3, "repair", ("start",))
    report = ValidationReport("mine.py", "params", (finding,), {"start": 1.0})
    assert report.to_dict() == {
        "name": "mine.py",
        "signature": "params",
        "findings": (
            {
                "severity": "warning",
                "cause": "cause",
                "line": 3,
                "repair": "repair",
                "situations": ("start",),
            },
        ),
        "rewards": {"start": 1.0},
        "passed": True,
    }
