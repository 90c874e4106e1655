"""Ctrl-C reaches none of the processes that their parent ends."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: the first one that it starts is where it went wrong.
PROGRAM = """
import multiprocessing, signal
from deepracer_sim.ctrl_c import ctrl_c_blocked

def blocked(connection):
    connection.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        ours, theirs = context.Pipe()
        process = context.Process(target=blocked, args=(theirs,))
        with ctrl_c_blocked():
            process.start()
        print(ours.recv(), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
        process.join()
"""


def test_each_process_has_it_blocked_and_their_parent_has_not(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n" * 2
