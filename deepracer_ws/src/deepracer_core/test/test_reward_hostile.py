"""Every hostile or broken reward function ends in its named error, and harms nothing around it.

The corpus is `hostile_rewards/`. The head of each file names the error that must come and, where
one can be told, the line. `{marker}` stands for a file that must not come into being, `{secret}`
for one that must be neither read nor touched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from deepracer_core import errors
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.sandbox import RewardSandbox
from deepracer_core.reward.source import MAX_CHARACTERS, RewardFunction

CORPUS = sorted((Path(__file__).parent / "hostile_rewards").glob("*.py"))
CONSTANTS = {"waypoints": [(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)], "track_length": 2.0}
STEP = {"x": 0.5, "y": 0.25, "steps": 7, "progress": 12.5}
MEMORY = 512 << 20  # [bytes]
SHORT, LONG = 0.6, 20.0  # [s] for those that must run out of time, and for all others
SECRET = "do not read"


@pytest.fixture(scope="module")
def healthy() -> Iterator[RewardSandbox]:
    """A sandbox that must go on working beside all others."""
    function = RewardFunction("def reward_function(params):\n    return params['x'] + 1.0\n")
    with RewardSandbox(function, CONSTANTS) as sandbox:
        yield sandbox


def children() -> set[int]:
    """Process ids of the children of this process, zombies included."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def expectation(text: str) -> tuple[tuple[type[errors.RewardError], ...], int | None]:
    """The errors of which one must come, and the line that it must name."""
    names = re.search(r"^# error: (\S+)$", text, re.MULTILINE)
    line = re.search(r"^# line: (\d+)$", text, re.MULTILINE)
    assert names, "the head of the file names no error"
    kinds = tuple(getattr(errors, name) for name in names[1].split("|"))
    return kinds, int(line[1]) if line else None


def test_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 40


def failure_of(function: RewardFunction, limits: SandboxLimits) -> errors.RewardError:
    """The error with which loading or one of two calls ends."""
    with pytest.raises(errors.RewardError) as caught:
        call_twice(function, limits)
    return caught.value


def call_twice(function: RewardFunction, limits: SandboxLimits) -> None:
    with RewardSandbox(function, CONSTANTS, limits=limits) as sandbox:
        sandbox.rewards([STEP])
        sandbox.rewards([STEP])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_hostile_function_ends_in_its_named_error(
    path: Path, healthy: RewardSandbox, tmp_path: Path
) -> None:
    marker, secret = tmp_path / "marker", tmp_path / "secret"
    secret.write_text(SECRET)
    text = path.read_text().replace("{marker}", str(marker)).replace("{secret}", str(secret))
    kinds, line = expectation(text)
    before = children()

    seconds = SHORT if errors.RewardTimeoutError in kinds else LONG
    error = failure_of(RewardFunction(text, path.name), SandboxLimits(seconds, memory_bytes=MEMORY))

    assert isinstance(error, kinds), error
    assert line is None or error.line == line, error
    assert str(error).startswith(path.name)
    assert len(str(error)) < 10_000
    assert children() == before, "a process was left behind"
    assert not marker.exists()
    assert secret.read_text() == SECRET
    assert SECRET not in str(error) + error.output
    assert healthy.rewards([STEP, STEP]).tolist() == [1.5, 1.5], "the next call does not work"


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 30_000 + ")" * 30_000,
        "-" * 130_000 + "1",
        "x" + ".x" * 60_000,
        "1" + "+1" * 60_000,
        "x" + "[0]" * 40_000,
        "not " * 30_000 + "1",
        "[" * 150 + "1" + "]" * 150,
        "lambda: " * 17_000 + "1",
    ],
    ids=["parentheses", "minus", "attributes", "sum", "subscripts", "not", "lists", "lambdas"],
)
def test_bombs_for_the_parser_do_not_reach_the_parent(bomb: str, healthy: RewardSandbox) -> None:
    text = f"def reward_function(params):\n    return {bomb}\n"
    refused = (
        errors.RewardSyntaxError,
        errors.RewardProcessDiedError,
        errors.RewardRaisedError,
        errors.RewardValueError,
        errors.RewardMemoryError,
    )
    with pytest.raises(refused), RewardSandbox(RewardFunction(text), CONSTANTS) as sandbox:
        sandbox.rewards([STEP])
    assert healthy.rewards([STEP]).tolist() == [1.5]


@pytest.mark.parametrize(
    ("data", "cause", "line"),
    [
        (b"def reward_function(params):\n    # caf\xe9\n    return 1.0\n", "not UTF-8", 2),
        ("def reward_function(params):\n    return 1.0\n".encode("utf-16"), "not UTF-8", 1),
        (b"def reward_function(params):\n\0    return 1.0\n", "null character", 2),
        (b"#" * (MAX_CHARACTERS + 1), "characters", None),
        (b"#" * (4 * MAX_CHARACTERS + 1), "bytes", None),
    ],
    ids=["latin-1", "utf-16", "null", "too long", "far too long"],
)
def test_unreadable_file_is_refused(
    data: bytes, cause: str, line: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "reward.py"
    path.write_bytes(data)
    with pytest.raises(errors.RewardSourceError, match=cause) as caught:
        RewardFunction.load(path)
    assert caught.value.line == line
    assert "reward.py" in str(caught.value)


@pytest.mark.parametrize("name", ["", "missing.py"])
def test_missing_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(errors.RewardSourceError, match="cannot be read"):
        RewardFunction.load(tmp_path / name)


def test_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "reward.py"
    path.write_bytes(b"\xef\xbb\xbfdef reward_function(params):\r\n    return 2.0\r\n")
    with RewardSandbox(RewardFunction.load(path), CONSTANTS) as sandbox:
        assert sandbox.rewards([STEP]).tolist() == [2.0]


def test_this_test_runs_confined_for_root_as_well() -> None:
    """Root is exempt from RLIMIT_NPROC and file modes; neither is relied on."""
    function = RewardFunction("def reward_function(params):\n    return 1.0\n")
    with RewardSandbox(function, CONSTANTS) as sandbox:
        status = Path(f"/proc/{sandbox.process_id}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if os.geteuid() == 0:
        assert int(fields["CapEff"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
