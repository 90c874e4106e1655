"""What went wrong in the child, as plain text: written by the child, read back by the parent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from deepracer_core.errors import RewardError

USER_FILE = "<reward function>"
"""The file name under which the child compiles the user's code."""

# Kinds of problems. The child names the first six, the parent finds the last three itself.
SYNTAX = "syntax"
IMPORT = "import"
SIGNATURE = "signature"
RAISED = "raised"
VALUE = "value"
MEMORY = "memory"
TIMEOUT = "timeout"
DIED = "died"
GARBLED = "garbled"

_MAX_CAUSE = 2000  # characters of the user's own message
_MAX_FRAMES = 12  # innermost lines of the user's code; a recursion has a thousand
_FRAME_IN_DUMP = re.compile(rf'File "{re.escape(USER_FILE)}", line (\d{{1,7}}) in (\S{{1,200}})')
DUMP_MARK = "(most recent call first)"
"""With this faulthandler begins the list of lines."""


@dataclass(frozen=True)
class Frame:
    """A line of the user's code that was running.

    Attributes:
        line: 1-based line.
        function: Name of the function, or "<module>".
    """

    line: int
    function: str


@dataclass(frozen=True)
class Problem:
    """Why there is no reward.

    Attributes:
        kind: One of the kinds above.
        cause: What is wrong, in one sentence or the user's own message.
        repair: What to do about it; may be empty.
        car: Index of the car in the call.
        frames: Lines of the user's code, innermost first.
    """

    kind: str
    cause: str
    repair: str = ""
    car: int = 0
    frames: tuple[Frame, ...] = ()

    def to_fields(self) -> list[str]:
        """The fields of a PROBLEM answer."""
        lines = [text for frame in self.frames for text in (str(frame.line), frame.function)]
        return [self.kind, self.cause, self.repair, str(self.car), *lines]

    @classmethod
    def from_fields(cls, fields: Sequence[str]) -> Problem:
        """Read the fields of a PROBLEM answer.

        Raises:
            ValueError: they are not such fields.
        """
        kind, cause, repair, car, *lines = fields
        lines = lines[: 2 * _MAX_FRAMES]
        frames = tuple(Frame(int(line), name) for line, name in zip(lines[::2], lines[1::2]))
        return cls(kind, cause[:_MAX_CAUSE], repair[:_MAX_CAUSE], int(car), frames)


def of_static_error(kind: str, error: RewardError) -> Problem:
    """The problem of a file that `examine` refused."""
    frames = () if error.line is None else (Frame(error.line, "<module>"),)
    return Problem(kind, error.cause, error.repair, frames=frames)


def of_exception(error: BaseException, trace: TracebackType | None, car: int) -> Problem:
    """The problem of an exception from the user's code; it may be a hostile object."""
    kind = MEMORY if isinstance(error, MemoryError) else RAISED
    return Problem(kind, _description(error), car=car, frames=_user_frames(trace))


def frames_in_dump(text: str) -> tuple[Frame, ...]:
    """The user's lines in the last list that faulthandler wrote, innermost first."""
    _, found, dump = text.rpartition(DUMP_MARK)
    if not found:
        return ()
    return tuple(
        Frame(int(line), name) for line, name in _FRAME_IN_DUMP.findall(dump)[:_MAX_FRAMES]
    )


def _description(error: BaseException) -> str:
    try:
        text = str.__str__(str(error))[:_MAX_CAUSE]
        name = str.__str__(type(error).__name__)[:_MAX_CAUSE]
    except BaseException:  # noqa: BLE001  the user's __str__ may do anything
        return "an exception that cannot be printed"
    return f"{name}: {text}" if text else name


def _user_frames(trace: TracebackType | None) -> tuple[Frame, ...]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == USER_FILE:
            frames.append(Frame(trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return tuple(frames[: -_MAX_FRAMES - 1 : -1])
