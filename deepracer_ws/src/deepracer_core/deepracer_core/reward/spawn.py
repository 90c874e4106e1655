"""Start and end the operating system's process of a reward child."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import deepracer_core
from deepracer_core.errors import RewardSandboxError

# -s -S: no site-packages, no .pth files; -B: no .pyc. The first entry of sys.path, "", becomes the
# folder of this package until the child is confined.
_PYTHON_OPTIONS = (
    "-sSBc",
    "import sys; sys.path[0] = sys.argv[1]; from deepracer_core.reward.child import main; main()",
)
# All that the child's environment holds. One thread each, because the sandbox allows no others; a
# fixed hash seed, so that runs repeat.
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_EXIT_SECONDS = 0.2  # between the closing of a pipe and the end of the process that closed it


@dataclass(frozen=True)
class Child:
    """A running child and the parent's ends of its pipes.

    Attributes:
        parent: Process id of the parent; a fork of it has no business with the child.
        process: The process, leader of a session of its own.
        requests: Where the parent writes requests; does not block.
        answers: Where the parent reads answers.
        log: Where the parent reads what the child prints.
        lines: Where the parent reads the lines that the child was running when it failed.
    """

    parent: int
    process: subprocess.Popen[bytes]
    requests: int
    answers: int
    log: int
    lines: int


def spawn() -> Child:
    """Start a Python with a clean environment, no open files but its pipes, and nothing on stdin.

    Raises:
        RewardSandboxError: the system refused.
    """
    with contextlib.ExitStack() as on_failure, contextlib.ExitStack() as childs_ends:
        try:
            (request_in, requests), *pipes = [os.pipe() for _ in range(4)]
            (answers, answer_out), (log, log_out), (lines, lines_out) = pipes
            for descriptor in (requests, answers, log, lines):
                on_failure.callback(os.close, descriptor)
            channel = (request_in, answer_out, lines_out)
            for descriptor in (*channel, log_out):
                childs_ends.callback(os.close, descriptor)
            os.set_blocking(requests, False)
            process = subprocess.Popen(
                _command(channel),
                stdin=subprocess.DEVNULL,
                stdout=log_out,
                stderr=log_out,
                pass_fds=channel,
                cwd="/",
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        except OSError as error:
            raise RewardSandboxError(
                f"the sandbox process cannot be started: {error}",
                repair="Free processes, memory or open files of this user.",
            ) from error
        on_failure.pop_all()
    return Child(os.getpid(), process, requests, answers, log, lines)


def end(child: Child) -> None:
    """Kill the child with its whole group, wait for it and close the pipes; only in the parent."""
    if os.getpid() != child.parent:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    for descriptor in (child.requests, child.answers, child.log, child.lines):
        os.close(descriptor)


def exit_status(child: Child) -> int | None:
    """How a child that closed its pipes ended: exit code, or minus the signal; None if it runs on.

    The process is not reaped, so that its group can still be ended safely.
    """
    handle = os.pidfd_open(child.process.pid)
    try:
        if not select.select([handle], [], [], _EXIT_SECONDS)[0]:
            return None
    finally:
        os.close(handle)
    result = os.waitid(os.P_PID, child.process.pid, os.WEXITED | os.WNOWAIT)
    assert result is not None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def _command(channel: tuple[int, ...]) -> list[str]:
    if not sys.executable:
        raise RewardSandboxError(
            "the path of this Python is not known",
            repair="Start the program with a python executable.",
        )
    package_root = Path(deepracer_core.__file__).parents[1]
    options = [*_PYTHON_OPTIONS, str(package_root), *map(str, channel)]
    return [sys.executable, *options]
