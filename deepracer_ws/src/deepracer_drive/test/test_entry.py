"""Programs that are told to end while they still import."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

WAIT = 30.0  # [s] until a test gives up
SLOW_LIBRARY = """
import signal, time
print("importing", flush=True)
try:
    time.sleep(0 if {is_quick} else 60)
except BaseException as error:  # as libraries do, which then go on half imported
    raise ImportError("half imported") from error

def main():
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
    return 3
"""
PROGRAM = "import sys; from deepracer_drive.entry import node_entry; sys.exit(node_entry('slow')())"


def start(folder, *, is_quick: bool) -> subprocess.Popen[str]:
    (folder / "slow.py").write_text(SLOW_LIBRARY.format(is_quick=is_quick))
    path = f"{folder}:{os.environ['PYTHONPATH']}"
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_imports_ends_it_quietly(tmp_path, number):
    process = start(tmp_path, is_quick=False)
    assert process.stdout.readline() == "importing\n"
    process.send_signal(number)
    assert process.communicate(timeout=WAIT) == ("", "")
    assert process.returncode == 0


def test_then_signals_and_the_exit_status_are_those_of_the_node(tmp_path):
    process = start(tmp_path, is_quick=True)
    assert process.communicate(timeout=WAIT) == ("importing\nTrue\nTrue\n", "")
    assert process.returncode == 3
