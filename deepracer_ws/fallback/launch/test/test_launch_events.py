"""Events, their handlers, timers, and what ends a launch with which exit code."""

import threading

import pytest
from launch import Action, Event, EventHandler, LaunchDescription, LaunchService
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    GroupAction,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
    UnregisterEventHandler,
)
from launch.event_handlers import (
    OnExecutionComplete,
    OnProcessExit,
    OnProcessIO,
    OnProcessStart,
    OnShutdown,
)
from launch.events import Shutdown as ShutdownEvent
from launch.events import matches_action
from launch.events.process import (
    ShutdownProcess,
    SignalProcess,
    matches_executable,
    matches_name,
    matches_pid,
)
from launch.substitutions import LaunchConfiguration, LocalSubstitution, TextSubstitution
from launch_runs import record, run


def text(value):
    return TextSubstitution(text=value)


def sleeper(**keywords):
    return ExecuteProcess(cmd=["sleep", "60"], **keywords)


def test_a_launch_with_nothing_left_to_do_ends_with_0():
    assert run() == 0


def test_messages_are_logged(capfd):
    run(LogInfo(msg=["speed: ", LaunchConfiguration("speed", default=100), " %"]))
    assert "[INFO] [launch.user]: speed: 100 %\n" in capfd.readouterr().out


def test_an_exception_in_a_launch_file_ends_the_launch_with_1(capfd):
    def fail(context):
        raise ZeroDivisionError("for test")

    process = sleeper()
    seen = []
    assert run(process, OpaqueFunction(function=fail), record(seen)) == 1
    assert seen == []
    assert process.return_code is None  # it was not even started
    assert (
        "[ERROR] [launch]: Caught exception in launch (see debug for traceback): for test"
        in capfd.readouterr().out
    )


def test_an_exception_while_processes_run_ends_them(capfd):
    process = sleeper()

    def fail(event, context):
        raise ValueError("for test")

    handler = OnProcessStart(target_action=process, on_start=fail)
    assert run(RegisterEventHandler(handler), process) == 1
    assert process.return_code == -2


def test_functions_get_arguments_and_return_entities():
    seen = []

    def function(context, first, *, second):
        seen.append((first, second))
        return [record(seen, text("then"))]

    run(OpaqueFunction(function=function, args=[1], kwargs={"second": 2}))
    assert seen == [(1, 2), "then"]
    with pytest.raises(TypeError, match="expected a callable"):
        OpaqueFunction(function=1)


def test_handlers_react_to_the_life_of_a_process():
    seen = []
    process = ExecuteProcess(cmd=["sh", "-c", "exit 3"])
    other = ExecuteProcess(cmd=["true"])

    def on_exit(event, context):
        seen.append(f"exit {event.returncode} of {event.process_name.split('-')[0]}")
        assert event.action is process
        assert event.pid == process.process_details["pid"]

    run(
        RegisterEventHandler(
            OnProcessStart(target_action=process, on_start=[record(seen, text("start"))])
        ),
        RegisterEventHandler(OnProcessExit(target_action=process, on_exit=on_exit)),
        process,
        other,
    )
    assert seen == ["start", "exit 3 of sh"]


def test_a_handler_without_target_reacts_to_all_processes_and_one_with_a_callable_to_some():
    seen, chosen = [], []
    run(
        RegisterEventHandler(OnProcessExit(on_exit=lambda event, _: seen.append(event.cmd[0]))),
        RegisterEventHandler(
            OnProcessExit(
                target_action=lambda action: action.process_details["cmd"] == ["true"],
                on_exit=lambda event, _: chosen.append(event.cmd[0]),
            )
        ),
        ExecuteProcess(cmd=["true"]),
        ExecuteProcess(cmd=["false"]),
    )
    assert sorted(seen) == ["false", "true"]
    assert chosen == ["true"]


def test_a_handler_sees_output():
    out, err = [], []
    process = ExecuteProcess(cmd=["sh", "-c", "echo to out; echo to err >&2"])
    handler = OnProcessIO(
        target_action=process,
        on_stdout=lambda event: out.append(event.text),
        on_stderr=lambda event: err.append(event.text),
    )
    run(RegisterEventHandler(handler), process)
    assert (b"".join(out), b"".join(err)) == (b"to out\n", b"to err\n")


def test_handlers_refuse_what_they_cannot_do():
    with pytest.raises(TypeError, match="expected all items in 'on_event' iterable"):
        OnProcessExit(on_exit=["shutdown"])
    with pytest.raises(TypeError, match="must be an"):
        OnProcessExit(target_action="talker", on_exit=[])


def test_a_handler_may_react_once_or_be_unregistered():
    class Ping(Event):
        name = "Ping"

    def is_ping(event):
        return isinstance(event, Ping)

    once, ever = [], []
    handler = EventHandler(matcher=is_ping, entities=record(ever, text("x")))
    run(
        RegisterEventHandler(
            EventHandler(matcher=is_ping, entities=record(once, text("x")), handle_once=True)
        ),
        RegisterEventHandler(handler),
        EmitEvent(event=Ping()),
        EmitEvent(event=Ping()),
        TimerAction(
            period=0.01, actions=[UnregisterEventHandler(handler), EmitEvent(event=Ping())]
        ),
    )
    assert (once, ever) == (["x"], ["x", "x"])


def test_the_end_of_an_action_is_an_event():
    seen = []

    class Work(Action):
        def execute(self, context):
            seen.append("work")

    work = Work()
    process = ExecuteProcess(cmd=["true"])
    run(
        RegisterEventHandler(
            OnExecutionComplete(target_action=work, on_completion=record(seen, text("done")))
        ),
        RegisterEventHandler(
            OnExecutionComplete(
                target_action=process,
                on_completion=lambda event, _: seen.append(event.action.return_code),
            )
        ),
        work,
        process,
    )
    assert seen == ["work", "done", 0]


def test_a_timer_defers_actions():
    seen = []
    run(
        TimerAction(period=0.02, actions=[record(seen, text("later"))]),
        TimerAction(period=[text("0.0"), text("1")], actions=[record(seen, text("soon"))]),
        record(seen, text("now")),
    )
    assert seen == ["now", "soon", "later"]


def test_a_timer_can_be_cancelled_and_is_by_shutdown():
    seen = []
    timer = TimerAction(period=60.0, actions=[record(seen, text("never"))])
    run(
        timer,
        TimerAction(period=60.0, actions=[record(seen, text("never"))]),
        OpaqueFunction(function=lambda context: timer.cancel()),
        Shutdown(),
    )
    assert seen == []


def test_a_timer_that_was_cancelled_before_it_is_started_does_not_start():
    timer = TimerAction(period=60.0, actions=[])
    timer.cancel()
    assert run(timer) == 0


def test_a_timer_may_outlive_the_shutdown():
    seen = []
    actions = [record(seen, text("after"))]
    run(TimerAction(period=0.05, actions=actions, cancel_on_shutdown=False), Shutdown())
    assert seen == ["after"]


def test_a_timer_refuses_an_int_as_stock_ros_does():
    with pytest.raises(TypeError, match="'TimerAction' expected 'period' to be one of"):
        TimerAction(period=1, actions=[])
    with pytest.warns(UserWarning, match="period"):
        TimerAction(period="1.5", actions=[])


def test_shutdown_ends_processes_and_has_a_reason(capfd):
    reasons = []
    process = sleeper()
    started = OnProcessStart(on_start=[Shutdown(reason="seen enough")])
    assert (
        run(
            RegisterEventHandler(started),
            RegisterEventHandler(
                OnShutdown(on_shutdown=[record(reasons, LocalSubstitution("event.reason"))])
            ),
            RegisterEventHandler(
                OnShutdown(on_shutdown=lambda event, context: reasons.append(event.due_to_sigint))
            ),
            process,
        )
        == 0
    )
    assert sorted(map(str, reasons)) == ["False", "seen enough"]
    assert process.return_code == -2
    assert "sending signal 'SIGINT' to process[sleep-" in capfd.readouterr().out


def test_the_reason_of_a_normal_end_is_idle():
    reasons = []
    run(
        RegisterEventHandler(
            OnShutdown(on_shutdown=lambda event, context: reasons.append(event.reason))
        )
    )
    assert reasons == ["idle"]


def test_an_emitted_shutdown_event_does_the_same():
    process = sleeper()
    started = OnProcessStart(on_start=[EmitEvent(event=ShutdownEvent(reason="enough"))])
    assert run(RegisterEventHandler(started), process) == 0
    assert process.return_code == -2


def test_a_required_process_ends_the_launch(capfd):
    process = sleeper()
    required = ExecuteProcess(cmd=["sh", "-c", "exit 1"], on_exit=Shutdown())
    assert run(process, required) == 0
    assert process.return_code == -2
    assert "was required: shutting down launched system" in capfd.readouterr().out


def test_nothing_is_started_after_shutdown():
    late = ExecuteProcess(cmd=["true"])
    run(RegisterEventHandler(OnShutdown(on_shutdown=[late])))
    assert late.return_code is None


@pytest.mark.parametrize(
    "match",
    [
        lambda action, details: matches_action(action),
        lambda action, details: matches_pid(details["pid"]),
        lambda action, details: matches_name(details["name"]),
        lambda action, details: matches_executable("sleep"),
    ],
)
def test_signals_go_to_the_process_that_matches(match):
    target = sleeper()
    bystander = ExecuteProcess(cmd=["cat"])

    def signal(context):
        matcher = match(target, target.process_details)
        return [
            EmitEvent(event=SignalProcess(signal_number="SIGKILL", process_matcher=matcher)),
        ]

    ended = OnProcessExit(target_action=target, on_exit=[Shutdown()])
    started = OnProcessStart(target_action=target, on_start=[OpaqueFunction(function=signal)])
    run(RegisterEventHandler(started), RegisterEventHandler(ended), bystander, target)
    assert (target.return_code, bystander.return_code) == (-9, -2)


def test_a_single_process_can_be_shut_down():
    process = sleeper()
    seen = []
    started = OnProcessStart(
        target_action=process,
        on_start=[EmitEvent(event=ShutdownProcess(process_matcher=matches_action(process)))],
    )
    ended = OnProcessExit(target_action=process, on_exit=[record(seen, text("still launching"))])
    run(RegisterEventHandler(started), RegisterEventHandler(ended), process)
    assert process.return_code == -2
    assert seen == ["still launching"]


def test_events_refuse_wrong_types():
    with pytest.raises(TypeError, match="'SignalProcess' expected 'signal_number'"):
        SignalProcess(signal_number=2, process_matcher=lambda action: True)
    with pytest.raises(RuntimeError, match="EmitEvent\\(\\) expected an event instance"):
        EmitEvent(event="shutdown")


def test_a_service_is_shut_down_from_another_thread():
    service = LaunchService(noninteractive=True)
    process = sleeper()
    on_start = OnProcessStart(
        on_start=lambda event, context: threading.Thread(target=service.shutdown).start()
    )
    assert run(RegisterEventHandler(on_start), process, service=service) == 0
    assert process.return_code == -2


def test_a_service_may_wait_for_work_from_another_thread():
    service = LaunchService(noninteractive=True)
    seen = []

    def work():
        service.include_launch_description(LaunchDescription([record(seen, text("work"))]))
        service.shutdown()

    service.include_launch_description(
        LaunchDescription(
            [OpaqueFunction(function=lambda _: threading.Thread(target=work).start())]
        )
    )
    assert service.run(shutdown_when_idle=False) == 0
    assert seen == ["work"]


def test_a_service_runs_in_the_main_thread_only():
    errors = []

    def work():
        try:
            LaunchService().run()
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == ["LaunchService can only be run in the main thread."]


def test_a_group_may_be_empty():
    assert run(GroupAction([])) == 0


def test_a_handler_that_fails_at_shutdown_does_not_keep_processes_alive(capfd):
    def fail(event, context):
        raise ValueError("for test")

    process = sleeper()
    started = OnProcessStart(on_start=[Shutdown()])
    handlers = [OnShutdown(on_shutdown=fail), EventHandler(matcher=lambda event: event.nonsense)]
    assert run(RegisterEventHandler(started), process, *map(RegisterEventHandler, handlers)) == 1
    assert process.return_code in (-2, None)
    assert "for test" in capfd.readouterr().out
