"""Turn a failure of the reward child into the error that the user of the sandbox gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_core import errors
from deepracer_core.reward import problem
from deepracer_core.reward.examine import SourceFacts
from deepracer_core.reward.process import ChildFailure
from deepracer_core.reward.source import RewardFunction

MAX_REWARD = 1e5
"""Largest size of a reward; source: guide, "float [-1e5, 1e5]"."""

Step = Mapping[str, Any]

_SMALLER = "Give the function less work, or raise the limit in SandboxLimits."
_ERRORS: dict[str, tuple[type[errors.RewardError], str]] = {
    problem.SYNTAX: (errors.RewardSyntaxError, ""),
    problem.IMPORT: (errors.RewardImportError, ""),
    problem.SIGNATURE: (errors.RewardSignatureError, ""),
    problem.RAISED: (
        errors.RewardRaisedError,
        "Correct the line below; the sandbox has no files, network, processes and threads.",
    ),
    problem.VALUE: (errors.RewardValueError, "Return float(...) of a number at the end."),
    problem.MEMORY: (errors.RewardMemoryError, _SMALLER),
    problem.TIMEOUT: (errors.RewardTimeoutError, f"Look for an endless loop. {_SMALLER}"),
    problem.DIED: (
        errors.RewardProcessDiedError,
        "Only return from the function; never exit, and close no file descriptors.",
    ),
    problem.GARBLED: (errors.RewardProtocolError, "Do not write into open file descriptors."),
}
_SUMMARY_KEYS = ("steps", "progress", "x", "y", "heading", "speed", "steering_angle")


def reward_error(
    failure: ChildFailure,
    function: RewardFunction,
    steps: Sequence[Step] = (),
    facts: SourceFacts | None = None,
) -> errors.RewardError:
    """Build the named error of a failure, with the user's lines and the parameters of the call.

    Args:
        failure: What happened.
        function: The user's source.
        steps: The parameters of the call, if there was one.
        facts: What is known of the function, once it is loaded.
    """
    told = failure.problem
    kind, repair = _ERRORS.get(told.kind, _ERRORS[problem.GARBLED])
    step = steps[told.car] if 0 <= told.car < len(steps) else None
    line = told.frames[0].line if told.frames else None
    if told.kind == problem.VALUE and facts:
        line = _line_of_value(facts)
    return kind(
        told.cause,
        source=function.name,
        line=line,
        repair=told.repair or repair,
        at=_summary(step),
        trace=_trace(told.frames, function),
        output=failure.output,
        car=None if step is None else told.car,
        params=step,
    )


def bad_value(rewards: NDArray[np.float64], output: str) -> ChildFailure:
    """The failure of the first reward that is not finite or too large."""
    car = int((~(np.abs(rewards) <= MAX_REWARD)).argmax())
    cause = f"the reward is {rewards[car]:g}, not between -1e5 and 1e5"
    repair = "Look for a division by almost zero or a power, and limit what is returned."
    return ChildFailure(problem.Problem(problem.VALUE, cause, repair, car), output)


def _line_of_value(facts: SourceFacts) -> int:
    """The only `return`; with several, or none, nobody knows where the value came from."""
    return facts.return_lines[0] if len(facts.return_lines) == 1 else facts.line


def _summary(step: Step | None) -> str:
    """The parameters that tell a reader where the car was."""
    known = [key for key in _SUMMARY_KEYS if step and key in step]
    return ", ".join(f"{key} {step[key]:.6g}" for key in known) if step else ""


def _trace(frames: Sequence[problem.Frame], function: RewardFunction) -> str:
    """The user's lines as Python prints them, outermost first."""
    return "\n".join(
        f'  File "{function.name}", line {frame.line}, in {frame.function}\n'
        f"    {function.line_text(frame.line)}"
        for frame in reversed(frames)
    )
