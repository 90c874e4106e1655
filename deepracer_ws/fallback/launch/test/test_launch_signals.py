"""Signals to the launcher: shutdown, escalation, exit codes, and no process left behind."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from launch.actions import ExecuteProcess, OpaqueFunction
from launch_runs import alive, launcher, run, wait_until, wait_until_gone

# Ends on SIGINT after it has said so, as nodes do.
NODE = 'trap "echo interrupted; exit 0" INT; echo ready $$; while :; do sleep 0.05; done'
# Ignores what can be ignored.
STUBBORN = 'trap "" INT TERM; echo ready $$; while :; do sleep 0.05; done'


def process(script, **keywords):
    arguments = "".join(f", {name}={value!r}" for name, value in keywords.items())
    return f"ExecuteProcess(cmd=['sh', '-c', {script!r}], output='screen'{arguments})"


def pids(launch, count=1):
    """Return the numbers after the word `ready` in the output, once there are enough."""
    launch.wait_for(r"(?s)" + r"ready \d+.*" * count)
    return [
        int(word)
        for line in launch.output.splitlines()
        if " ready " in line
        for word in line.split()
        if word.isdigit()
    ]


def test_sigint_shuts_down_with_0(tmp_path):
    with launcher(tmp_path, process(NODE)) as launch:
        node = pids(launch)
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
        assert not any(map(alive, node))
    output = launch.output
    assert "[WARNING] [launch]: user interrupted with ctrl-c (SIGINT)\n" in output
    assert "[INFO] [sh-1]: sending signal 'SIGINT' to process[sh-1]" in output
    assert output.count("[sh-1] interrupted") == 1
    assert "process has finished cleanly" in output


@pytest.mark.better_than_stock
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_other_signals_shut_down_too_with_128_plus_their_number(tmp_path, number):
    with launcher(tmp_path, process(NODE)) as launch:
        node = pids(launch)
        launch.send(number)
        assert launch.wait() == 128 + number
        assert not any(map(alive, node))
    assert f"received {number.name}, shutting down" in launch.output
    assert "[sh-1] interrupted" in launch.output


def test_a_launcher_started_with_nohup_ignores_the_end_of_the_terminal(tmp_path):
    def ignore_hangup():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with launcher(tmp_path, process(NODE), preexec_fn=ignore_hangup) as launch:
        pids(launch)
        launch.send(signal.SIGHUP)
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
    assert "SIGHUP" not in launch.output


def test_a_second_interrupt_is_ignored(tmp_path):
    slow = (
        'trap "echo interrupted; sleep 0.5; exit 0" INT; echo ready $$; '
        "while :; do sleep 0.05; done"
    )
    with launcher(tmp_path, process(slow)) as launch:
        pids(launch)
        launch.send(signal.SIGINT)
        launch.wait_for("interrupted$|interrupted\n")
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
    assert "user interrupted with ctrl-c (SIGINT) again, ignoring..." in launch.output
    assert launch.output.count("[sh-1] interrupted") == 1


@pytest.mark.better_than_stock
def test_ctrl_c_in_a_terminal_reaches_processes_once(tmp_path):
    with launcher(tmp_path, process(NODE), start_new_session=True) as launch:
        pids(launch)
        os.killpg(launch.pid, signal.SIGINT)  # what a terminal does
        assert launch.wait() == 0
    assert launch.output.count("[sh-1] interrupted") == 1


def test_a_stubborn_process_is_terminated_and_killed(tmp_path):
    body = process(STUBBORN, sigterm_timeout="0.2", sigkill_timeout="0.3")
    with launcher(tmp_path, body) as launch:
        node = pids(launch)
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
        assert not any(map(alive, node))
    output = launch.output
    failed = "process[sh-1] failed to terminate"
    steps = [
        "sending signal 'SIGINT' to process[sh-1]",
        f"{failed} '0.2' seconds after receiving 'SIGINT', escalating to 'SIGTERM'",
        "sending signal 'SIGTERM' to process[sh-1]",
        f"{failed} '0.5' seconds after receiving 'SIGTERM', escalating to 'SIGKILL'",
        "sending signal 'SIGKILL' to process[sh-1]",
        "process has died [pid ",
    ]
    positions = [output.index(step) for step in steps]
    assert positions == sorted(positions)
    assert "exit code -9" in output


def test_the_timeouts_are_launch_configurations(tmp_path):
    body = (
        f"SetLaunchConfiguration('sigterm_timeout', '0.1'), {process(NODE.replace('INT', 'TERM'))}"
    )
    ignoring = body.replace("trap", 'trap "" INT; trap', 1)
    with launcher(tmp_path, ignoring) as launch:
        pids(launch)
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
    assert "failed to terminate '0.1' seconds after receiving 'SIGINT'" in launch.output
    assert "SIGKILL" not in launch.output


def test_a_crashing_node_does_not_end_the_others(tmp_path):
    body = f"{process('exit 3')}, {process(NODE)}"
    with launcher(tmp_path, body) as launch:
        node = pids(launch)
        launch.wait_for(r"\[sh-1\]: process has died \[pid \d+, exit code 3")
        assert all(map(alive, node))
        launch.send(signal.SIGINT)
        assert launch.wait() == 0


# Each prints its own pid and those of its descendants, which do not end with it by themselves.
# A shell makes what it starts in the background ignore SIGINT, hence `env`.
SLEEP = "env --default-signal=INT sleep 60"
FAMILIES = {
    "child of a shell": f"{SLEEP} & echo ready $$ $!; wait",
    "stubborn child": "sh -c 'trap \"\" INT TERM; sleep 60' & echo ready $$ $!; wait",
    "child in a session of its own": f"setsid {SLEEP} & echo ready $$ $!; wait",
    "child that was left behind": f"(setsid sh -c 'echo ready $$; exec {SLEEP}' &); exec {SLEEP}",
    "child that was left behind without environment": (
        f"(setsid env -i sh -c 'echo ready $$; exec {SLEEP}' &); exec {SLEEP}"
    ),
    "family that was left behind without environment": (
        f"(setsid env -i sh -c '{SLEEP} & echo ready $$ $!; wait' &); exec {SLEEP}"
    ),
}


@pytest.mark.better_than_stock
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_descendant_is_left(tmp_path, family, number):
    body = process(FAMILIES[family], sigterm_timeout="0.3", sigkill_timeout="0.3")
    with launcher(tmp_path, body) as launch:
        family_pids = pids(launch)
        launch.send(number)
        assert launch.wait() == (0 if number == signal.SIGINT else 128 + number)
        assert not any(map(alive, family_pids))


@pytest.mark.better_than_stock
@pytest.mark.parametrize("family", ["child of a shell", "child that was left behind"])
def test_no_descendant_is_left_by_a_launcher_that_is_killed(tmp_path, family):
    with launcher(tmp_path, process(FAMILIES[family])) as launch:
        family_pids = pids(launch)
        launch.send(signal.SIGKILL)
        launch.wait()
        wait_until_gone(family_pids)


@pytest.mark.better_than_stock
def test_nodes_of_a_launcher_that_is_killed_are_interrupted_first(tmp_path):
    marker = tmp_path / "stopped"
    script = f'trap "echo > {marker}; exit 0" INT; echo ready $$; while :; do sleep 0.05; done'
    with launcher(tmp_path, process(script)) as launch:
        node = pids(launch)
        launch.send(signal.SIGKILL)
        launch.wait()
        wait_until_gone(node)
    assert marker.exists()


@pytest.mark.better_than_stock
@pytest.mark.parametrize("environment", ["", "env -i"])
def test_a_helper_that_outlives_its_process_ends_with_the_launch(tmp_path, environment):
    script = f"setsid {environment} {SLEEP} & echo ready $!"
    with launcher(tmp_path, process(script)) as launch:
        helper = pids(launch)
        assert launch.wait() == 0
        assert not any(map(alive, helper))
    assert f"ending process [pid {helper[0]}], which outlived its parent" in launch.output


@pytest.mark.better_than_stock
@pytest.mark.parametrize("environment", ["", "env -i"])
def test_an_orphan_leaves_no_zombie_while_the_launch_goes_on(tmp_path, environment):
    script = f"(setsid {environment} sh -c 'echo ready $$' &); exec {SLEEP}"
    with launcher(tmp_path, process(script)) as launch:
        [orphan] = pids(launch)
        wait_until(lambda: not Path(f"/proc/{orphan}").exists(), "the end of the orphan")
        launch.send(signal.SIGINT)
        assert launch.wait() == 0


@pytest.mark.better_than_stock
def test_children_of_the_program_around_the_launch_are_left_alone():
    before = subprocess.Popen(["sleep", "60"], start_new_session=True)
    brief = subprocess.Popen(["sh", "-c", "exit 7"], start_new_session=True)
    during = []
    start = OpaqueFunction(
        function=lambda context: during.append(subprocess.Popen(["cat"], stdin=subprocess.PIPE))
    )
    try:
        assert run(start, ExecuteProcess(cmd=["true"])) == 0
        assert (before.poll(), during[0].poll()) == (None, None)
        assert brief.wait() == 7
    finally:
        for child in (before, *during):
            child.kill()
            child.communicate()


def test_a_launcher_whose_output_nobody_reads_still_shuts_down(tmp_path):
    reader, writer = os.pipe()
    marker = tmp_path / "ready"
    script = f"echo $$ > {marker}; while :; do echo line; sleep 0.02; done"
    with launcher(tmp_path, process(script), stdout=writer) as launch:
        os.close(writer)
        node = int(wait_until(lambda: marker.exists() and marker.read_text(), "the start"))
        os.close(reader)
        launch.send(signal.SIGINT)
        assert launch.wait() == 0
        assert not alive(node)
    assert launch.output == ""
