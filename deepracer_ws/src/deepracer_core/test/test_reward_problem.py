"""What the child tells of a failure is read with suspicion."""

from __future__ import annotations

import pytest
from deepracer_core.reward import frames, problem
from deepracer_core.reward.problem import Frame, Problem, frames_in_dump, of_exception
from deepracer_core.reward.source import RewardFunction


def test_problem_survives_the_way_through_fields() -> None:
    told = Problem("raised", "KeyError: 'ü'", "repair", 3, (Frame(5, "helper"), Frame(9, "f")))
    payload = frames.pack_fields(told.to_fields())
    assert Problem.from_fields(frames.unpack_fields(payload)) == told


@pytest.mark.parametrize(
    "fields", [[], ["raised", "cause"], ["a", "b", "c", "x"], ["a", "b", "c", "1", "x", "f"]]
)
def test_broken_problem_is_refused(fields: list[str]) -> None:
    with pytest.raises(ValueError):
        Problem.from_fields(fields)


def test_long_problem_is_cut() -> None:
    told = Problem.from_fields(["raised", "c" * 9999, "r" * 9999, "0", *["1", "f"] * 500])
    assert (len(told.cause), len(told.repair), len(told.frames)) == (2000, 2000, 12)


def test_fields_hold_neither_separators_nor_terminal_codes() -> None:
    payload = frames.pack_fields(["a\0b", "\x1b[2J", "tab\tline\n", "\udcff"])
    assert frames.unpack_fields(payload) == ["a b", "\ufffd[2J", "tab\tline\n", "\\udcff"]
    assert frames.unpack_fields(b"\xff\0\xfe") == ["\ufffd", "\ufffd"]
    assert len(frames.pack_fields(["x" * 10**6])) == frames.MAX_FIELDS_BYTES


def test_innermost_lines_of_a_recursion_are_kept() -> None:
    text = "def down(n):\n    if n == 0: raise ValueError('deep')\n    down(n - 1)\n"
    module: dict[str, object] = {}
    exec(compile(text, problem.USER_FILE, "exec"), module)
    with pytest.raises(ValueError) as caught:
        module["down"](50)  # type: ignore[operator]
    told = of_exception(caught.value, caught.tb, car=2)
    assert (told.kind, told.cause, told.car) == ("raised", "ValueError: deep", 2)
    assert told.frames == (Frame(2, "down"), *[Frame(3, "down")] * 11)


def test_last_dump_counts() -> None:
    text = f"""printed by the user (most recent call first):
  File "{problem.USER_FILE}", line 1 in lie
Fatal Python error: Segmentation fault

Current thread 0x1 (most recent call first):
  File "/usr/lib/python3/ctypes/__init__.py", line 519 in string_at
  File "{problem.USER_FILE}", line 7 in helper
  File "{problem.USER_FILE}", line 12 in reward_function
"""
    assert frames_in_dump(text) == (Frame(7, "helper"), Frame(12, "reward_function"))
    assert frames_in_dump("nothing of the kind") == ()


@pytest.mark.parametrize(
    ("line", "text"), [(0, ""), (1, "a = 1"), (2, "b" * 200), (3, ""), (4, "")]
)
def test_line_of_the_source(line: int, text: str) -> None:
    assert RewardFunction("  a = 1\r\n" + "b" * 999 + "\n").line_text(line) == text
