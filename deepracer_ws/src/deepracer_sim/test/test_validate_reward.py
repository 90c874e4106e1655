"""The command validate_reward: exit codes, what it prints, colours on a terminal only."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from deepracer_core.reward.ready_made import ready_made
from deepracer_core.reward.validator import Finding, ValidationReport
from deepracer_sim.cli.validate_reward import FAILED, MISUSED, PASSED, lines, main

WORLDS = Path(__file__).resolve().parents[4] / "worlds"
BROKEN = 'def reward_function(params):\n    return params["speeed"]\n'


@pytest.fixture(autouse=True)
def worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPRACER_WORLDS", str(WORLDS))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_good_function_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(ready_made()[0].path)]) == PASSED
    assert capsys.readouterr().out.splitlines() == [
        "guide_basic.py: 20 rewards, from 0.01 to 10",
        "guide_basic.py: passed",
    ]


def test_bad_function_fails_with_line_cause_and_repair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BROKEN)
    assert main([str(path)]) == FAILED
    head, repair, where, verdict = capsys.readouterr().out.splitlines()
    assert head == "mine.py:2: error: KeyError: 'speeed'"
    assert repair.startswith("    Correct the line")
    assert where == (
        "    Happens: start; on the way; left border; right border and in 16 more situations."
    )
    assert verdict == "mine.py: failed"


def test_report_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BROKEN)
    assert main(["--json", str(path)]) == FAILED
    report = json.loads(capsys.readouterr().out)
    assert report["passed"] is False
    assert report["signature"] == "params"
    assert report["findings"][0]["line"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no file given"),
        (["missing.py"], "no file missing.py"),
        (["guide_basc"], "name a Python file or one of guide_basic"),
        ([__file__, "--track", "nowhere"], "nowhere"),
        ([__file__, "--seconds", "0"], "call_seconds"),
    ],
)
def test_wrong_use_is_explained(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == MISUSED
    assert message in capsys.readouterr().err


def test_a_function_that_comes_along_is_known_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["guide_basic"]) == PASSED
    assert "guide_basic.py: passed" in capsys.readouterr().out


def test_unknown_option_has_the_same_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--nonsense"])
    assert left.value.code == MISUSED


def test_list_names_the_functions_that_come_along(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == PASSED
    printed = capsys.readouterr().out
    assert all(str(item.path) in printed for item in ready_made())


def test_colours_on_a_terminal_only() -> None:
    finding = Finding("warning", "cause", None, "repair")
    report = ValidationReport("mine.py", "params", (finding,), {})
    assert list(lines(report, io.StringIO())) == [
        "mine.py: warning: cause",
        "    repair",
        "mine.py: passed",
    ]
    assert list(lines(report, Terminal())) == [
        "\033[33mmine.py: warning: cause\033[0m",
        "    repair",
        "\033[32mmine.py: passed\033[0m",
    ]
