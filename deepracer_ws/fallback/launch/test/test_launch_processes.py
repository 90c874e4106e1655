"""Processes: command, output, respawn and errors."""

import os
import re
import sys

import pytest
from launch.actions import (
    ExecuteProcess,
    RegisterEventHandler,
    SetLaunchConfiguration,
    Shutdown,
)
from launch.conditions import UnlessCondition
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart
from launch.substitutions import LaunchConfiguration, LaunchLogDir
from launch_runs import run

BOTH_STREAMS = ["sh", "-c", "echo to out; echo to err >&2"]


def screen(capfd):
    return capfd.readouterr().out


def lines_of(output, name):
    """Return the output of processes called `name`, without the prefix."""
    return re.findall(rf"^\[{name}-\d+\] (.*)$", output, re.MULTILINE)


def test_lines_are_prefixed_with_the_name_and_a_number(capfd):
    run(ExecuteProcess(cmd=BOTH_STREAMS, output="screen"))
    output = screen(capfd)
    name = re.search(r"^\[(sh-\d+)\] to out$", output, re.MULTILINE)[1]
    assert f"[{name}] to err\n" in output
    assert re.search(
        rf"^\[INFO\] \[{name}\]: process started with pid \[\d+\]$", output, re.MULTILINE
    )
    assert re.search(
        rf"^\[INFO\] \[{name}\]: process has finished cleanly \[pid \d+\]$", output, re.MULTILINE
    )


def test_numbers_are_counted_and_names_can_be_given(capfd):
    run(
        ExecuteProcess(cmd=["true"], name="first"),
        ExecuteProcess(cmd=["true"], name=["sec", "ond"]),
    )
    output = screen(capfd)
    first, second = (
        int(re.search(rf"\[{name}-(\d+)\]: process started", output)[1])
        for name in ("first", "second")
    )
    assert second == first + 1


def test_a_process_that_fails_is_reported_with_its_command(capfd):
    run(ExecuteProcess(cmd=["sh", "-c", "exit 7"]))
    assert re.search(
        r"\[ERROR\] \[sh-\d+\]: process has died \[pid \d+, exit code 7, cmd 'sh -c exit 7'\]\.",
        screen(capfd),
    )


def test_an_unfinished_last_line_and_broken_text_are_shown(capfd):
    run(ExecuteProcess(cmd=["sh", "-c", r"printf 'a\n\377b\nlast'"], output="screen"))
    assert lines_of(screen(capfd), "sh") == ["a", "\N{REPLACEMENT CHARACTER}b", "last"]


def test_long_output_is_complete(capfd):
    program = "print('x' * 300000); [print(i) for i in range(5000)]"
    run(ExecuteProcess(cmd=[sys.executable, "-c", program], name="long", output="screen"))
    lines = lines_of(screen(capfd), "long")
    assert lines == ["x" * 300000, *map(str, range(5000))]


@pytest.mark.parametrize(
    ("output", "on_screen", "files"),
    [
        ("screen", ["to out", "to err"], {}),
        ("log", ["to err"], {"launch.log": ["to out", "to err"]}),
        ("both", ["to out", "to err"], {"launch.log": ["to out", "to err"]}),
        (
            "own_log",
            [],
            {
                "NAME-stdout.log": ["to out"],
                "NAME-stderr.log": ["to err"],
                "NAME.log": ["to out", "to err"],
            },
        ),
        ({"stdout": "screen", "stderr": ["log"]}, ["to out"], {"launch.log": ["to err"]}),
        (LaunchConfiguration("where"), ["to out", "to err"], {}),
    ],
)
def test_output_goes_where_it_is_sent(output, on_screen, files, capfd, log_dir):
    process = ExecuteProcess(cmd=BOTH_STREAMS, output=output)
    run(SetLaunchConfiguration("where", "screen"), process)
    assert sorted(lines_of(screen(capfd), "sh")) == sorted(on_screen)
    name = process.process_details["name"]
    written = {
        path.name: [
            line for line in ("to out", "to err") if f"[{name}] {line}\n" in path.read_text()
        ]
        for path in log_dir.iterdir()
    }
    expected = {file.replace("NAME", name): lines for file, lines in files.items()}
    assert {file: lines for file, lines in written.items() if lines} == expected


def test_the_default_shows_errors_only(capfd):
    run(ExecuteProcess(cmd=BOTH_STREAMS))
    assert lines_of(screen(capfd), "sh") == ["to err"]


def test_the_environment_overrides_where_output_goes(capfd, monkeypatch):
    monkeypatch.setenv("OVERRIDE_LAUNCH_PROCESS_OUTPUT", "screen")
    run(ExecuteProcess(cmd=BOTH_STREAMS, output="log"))
    assert sorted(lines_of(screen(capfd), "sh")) == ["to err", "to out"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("console", "console is not a valid standard output config"),
        ({"stdin": "screen"}, "stdin is not a valid output source"),
        ({"stdout": "printer"}, "printer is not a valid output destination"),
    ],
)
def test_wrong_destinations_of_output_end_the_launch(output, message, capfd):
    assert run(ExecuteProcess(cmd=["true"], output=output)) == 1
    assert message in screen(capfd)


def test_an_executable_that_does_not_exist_is_reported_and_the_rest_goes_on(capfd):
    other = ExecuteProcess(cmd=["true"])
    assert run(ExecuteProcess(cmd=["/does/not/exist"]), other) == 0
    assert other.return_code == 0
    output = screen(capfd)
    assert "[ERROR] [exist-" in output
    assert "exception occurred while executing process:" in output
    assert "No such file or directory: '/does/not/exist'" in output


def test_a_folder_that_does_not_exist_is_reported(capfd):
    assert run(ExecuteProcess(cmd=["true"], cwd="/does/not/exist")) == 0
    assert "No such file or directory: '/does/not/exist'" in screen(capfd)


def test_the_folder_the_prefix_and_arguments_may_be_substitutions(capfd, tmp_path):
    run(
        SetLaunchConfiguration("x", str(tmp_path)),
        ExecuteProcess(
            cmd=["sh", ["-", "c"], ["echo $PWD $0 ", LaunchConfiguration("x")], "zero"],
            cwd=LaunchConfiguration("x"),
            prefix="env A='1 2'",
            output="screen",
        ),
    )
    assert lines_of(screen(capfd), "env") == [f"{tmp_path} zero {tmp_path}"]


def test_the_prefix_may_come_from_the_command_line_for_some_executables(capfd):
    run(
        SetLaunchConfiguration("launch-prefix", "echo prefixed"),
        SetLaunchConfiguration("launch-prefix-filter", "tr"),
        ExecuteProcess(cmd=["true"], output="screen"),
        ExecuteProcess(cmd=["false"], output="screen"),
    )
    output = screen(capfd)
    assert lines_of(output, "echo") == ["prefixed true"]
    assert "[false-" in output


def test_a_shell_reads_the_command(capfd):
    run(ExecuteProcess(cmd=["echo", "$((1+1));", "echo", "b"], shell=True, output="screen"))
    assert lines_of(screen(capfd), "echo") == ["2", "b"]


@pytest.mark.parametrize(("emulate", "configured"), [(True, None), (False, "true")])
def test_a_terminal_is_emulated(emulate, configured, capfd):
    actions = [SetLaunchConfiguration("emulate_tty", configured)] if configured else []
    command = ["sh", "-c", "test -t 1 && test -t 2 && echo tty"]
    run(*actions, ExecuteProcess(cmd=command, emulate_tty=emulate, output="screen"))
    assert lines_of(screen(capfd), "sh") == ["tty"]


def test_no_terminal_is_emulated_by_default(capfd):
    run(ExecuteProcess(cmd=["sh", "-c", "test -t 1 || echo pipe"], output="screen"))
    assert lines_of(screen(capfd), "sh") == ["pipe"]


def test_output_is_shown_while_the_process_runs():
    seen = []

    def on_start(event, context):
        seen.append("started")

    process = ExecuteProcess(cmd=["sh", "-c", "echo ready; exec sleep 60"], output="screen")
    ready = OnProcessIO(
        target_action=process,
        on_stdout=lambda event: [Shutdown()] if event.text == b"ready\n" else None,
    )
    run(
        RegisterEventHandler(OnProcessStart(on_start=on_start)),
        RegisterEventHandler(ready),
        process,
    )
    assert seen == ["started"]
    assert process.return_code == -2


@pytest.mark.parametrize("respawn", [True, LaunchConfiguration("again")])
def test_a_process_respawns_as_often_as_it_may(respawn, capfd):
    starts = []
    process = ExecuteProcess(
        cmd=["false"], respawn=respawn, respawn_delay=0.01, respawn_max_retries=2
    )
    run(
        SetLaunchConfiguration("again", "true"),
        RegisterEventHandler(
            OnProcessStart(on_start=lambda event, context: starts.append(event.process_name))
        ),
        process,
    )
    assert len(starts) == 3
    assert len(set(starts)) == 1


def test_a_process_respawns_until_the_launch_is_shut_down():
    exits = []

    def on_exit(event, context):
        exits.append(event.returncode)
        return [Shutdown()] if len(exits) == 4 else None

    run(ExecuteProcess(cmd=["true"], respawn=True, on_exit=on_exit))
    assert exits == [0] * 4


def test_shutdown_does_not_wait_for_a_respawn():
    exits = []
    process = ExecuteProcess(
        cmd=["true"],
        respawn=True,
        respawn_delay=3600.0,
        on_exit=lambda event, context: exits.append(event) or [Shutdown()],
    )
    assert run(process) == 0
    assert len(exits) == 1


def test_a_process_may_depend_on_a_condition():
    process = ExecuteProcess(cmd=["true"], condition=UnlessCondition("true"))
    run(process)
    assert process.process_details is None


def test_the_command_can_be_logged(capfd):
    run(ExecuteProcess(cmd=["echo", LaunchConfiguration("x", default="1")], log_cmd=True))
    assert "process details: cmd='echo 1', cwd='None'" in screen(capfd)


def test_an_action_is_executed_once(capfd):
    process = ExecuteProcess(cmd=["true"])
    assert run(process, process) == 1
    assert "executed more than once" in screen(capfd)


def test_a_process_that_closes_its_output_is_waited_for():
    process = ExecuteProcess(cmd=["sh", "-c", "exec >&- 2>&-; sleep 0.05; exit 4"])
    run(process)
    assert process.return_code == 4


def test_the_exit_does_not_wait_for_a_child_that_holds_the_output():
    exits = []
    process = ExecuteProcess(cmd=["sh", "-c", "sleep 60 & echo $!"], output="log")
    handler = OnProcessExit(
        target_action=process, on_exit=lambda event, context: exits.append(event.returncode)
    )
    run(RegisterEventHandler(handler), process)
    assert exits == [0]


def test_the_log_folder_is_known_to_launch_files(capfd, log_dir):
    run(ExecuteProcess(cmd=["echo", LaunchLogDir()], output="screen"))
    output = screen(capfd)
    assert lines_of(output, "echo") == [str(log_dir)]
    assert f"[INFO] [launch]: All log files can be found below {log_dir}" in output


@pytest.mark.parametrize("name", ["cached_output", "output_format"])
def test_arguments_that_only_stock_ros_has_say_so(name):
    with pytest.raises(TypeError, match=f"'{name}'.*install ROS 2"):
        ExecuteProcess(cmd=["true"], **{name: True})


def test_unknown_arguments_are_named():
    with pytest.raises(TypeError, match="unexpected keyword argument 'outptu'"):
        ExecuteProcess(cmd=["true"], outptu="screen")


def test_the_environment_of_the_tests_is_what_processes_get(capfd):
    os.environ["CAR"] = "red"
    run(ExecuteProcess(cmd=["sh", "-c", "echo $CAR"], output="screen"))
    assert lines_of(screen(capfd), "sh") == ["red"]
