"""Launch descriptions as text: the format of `ros2 launch --print`."""

import re

import pytest
from launch import (
    Event,
    EventHandler,
    LaunchDescription,
    LaunchDescriptionEntity,
    LaunchIntrospector,
)
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    GroupAction,
    LogInfo,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import (
    OnExecutionComplete,
    OnIncludeLaunchDescription,
    OnProcessExit,
    OnProcessIO,
    OnProcessStart,
    OnShutdown,
)
from launch.events.process import ShutdownProcess
from launch.substitutions import EnvironmentVariable, LaunchConfiguration

HEADER = "<launch.launch_description.LaunchDescription object at 0x>\n"


def text_of(*entities):
    """Return the text of a description with `entities`, without addresses."""
    text = LaunchIntrospector().format_launch_description(LaunchDescription(entities))
    return re.sub("0x[0-9a-f]+", "0x", text)


def test_an_empty_description():
    assert text_of() == HEADER


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        (
            LogInfo(msg=["speed ", LaunchConfiguration("speed")]),
            "LogInfo('speed ' + LaunchConfig('speed'))",
        ),
        (
            EmitEvent(event=ShutdownProcess(process_matcher=lambda _: True)),
            "EmitEvent(event='launch.events.process.ShutdownProcess')",
        ),
        (Shutdown(), "EmitEvent(event='launch.events.Shutdown')"),
        (
            ExecuteProcess(cmd=["sleep", ["1", "0"]]),
            "ExecuteProcess(cmd=['sleep', '1' + '0'], cwd=None, env=None, shell=False)",
        ),
        (
            ExecuteProcess(
                cmd=["ls"],
                cwd=["/", LaunchConfiguration("folder")],
                env={"A": "1", "B": EnvironmentVariable("C")},
                shell=True,
            ),
            (
                "ExecuteProcess(cmd=['ls'], cwd=''/' + LaunchConfig('folder')', "
                "env={'A': '1', 'B': EnvVar('C')}, shell=True)"
            ),
        ),
        (
            DeclareLaunchArgument("speed"),
            "Action('<launch.actions.arguments.DeclareLaunchArgument object at 0x>')",
        ),
        (
            GroupAction([LogInfo(msg="inside")]),
            "Action('<launch.actions.inclusion.GroupAction object at 0x>')",
        ),
        (
            LaunchDescriptionEntity(),
            (
                "Unknown entity('<launch.launch_description_entity.LaunchDescriptionEntity object "
                "at 0x>')"
            ),
        ),
    ],
)
def test_an_entity(entity, text):
    assert text_of(entity) == f"{HEADER}└── {text}"


PROCESS = ExecuteProcess(cmd=["true"])


def react(event, context):
    return None


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (
            OnProcessExit(target_action=PROCESS, on_exit=react),
            (
                "OnProcessExit(matcher='event == ProcessExited and ExecuteLocal(event.action)', "
                "handler='<function react at 0x>', handle_once=False)"
            ),
        ),
        (
            OnProcessStart(target_action=lambda _: True, on_start=react),
            (
                "OnProcessStart(matcher='event == ProcessStarted and ExecuteLocal(event.action)', "
                "handler='<function react at 0x>', handle_once=False)"
            ),
        ),
        (
            OnProcessIO(on_stdout=react, handle_once=True),
            (
                "OnProcessIO(matcher='event == ProcessIO', "
                "handler='<function OnProcessIO.__init__.<locals>.react at 0x>', handle_once=True)"
            ),
        ),
        (
            OnExecutionComplete(target_action=PROCESS, on_completion=react),
            (
                "OnExecutionComplete("
                "matcher='event == ExecutionComplete and Action(event.action)', "
                "handler='<function react at 0x>', handle_once=False)"
            ),
        ),
        (
            OnShutdown(on_shutdown=react),
            (
                "OnShutdown(matcher='event issubclass of launch.events.Shutdown', "
                "handler='<function react at 0x>', handle_once=False)"
            ),
        ),
        (
            OnIncludeLaunchDescription(),
            (
                "OnIncludeLaunchDescription("
                "matcher='event issubclass of launch.events.IncludeLaunchDescription', "
                "handler='returns the launch_description in the event', handle_once=False)"
            ),
        ),
        (
            EventHandler(matcher=lambda event: isinstance(event, Event)),
            "EventHandler(matcher='None', handler='None', handle_once=False)",
        ),
    ],
)
def test_an_event_handler(handler, text):
    description, entities = handler.describe()
    assert (re.sub("0x[0-9a-f]+", "0x", description), entities) == (text, [])


def test_a_tree():
    restart = OnProcessExit(on_exit=[LogInfo(msg="first"), LogInfo(msg="second")])
    greet = EventHandler(matcher=lambda _: True, entities=LogInfo(msg="hello"), handle_once=True)
    nested = OnShutdown(on_shutdown=RegisterEventHandler(greet))
    # The stub below the last `OnShutdown` is in ROS 2, too.
    assert text_of(
        LogInfo(msg="begin"), RegisterEventHandler(restart), RegisterEventHandler(nested)
    ) == (
        HEADER
        + """\
├── LogInfo('begin')
├── RegisterEventHandler('<launch.event_handlers.OnProcessExit object at 0x>'):
│   ├── OnProcessExit(matcher='event == ProcessExited', handler='<actions>', handle_once=False)
│       ├── LogInfo('first')
│       └── LogInfo('second')
├── RegisterEventHandler('<launch.event_handlers.OnShutdown object at 0x>'):
│   ├── OnShutdown(matcher='event issubclass of launch.events.Shutdown', handler='<actions>', \
handle_once=False)
│       ├── RegisterEventHandler('<launch.event_handler.EventHandler object at 0x>'):
│           ├── EventHandler(matcher='None', handler='None', handle_once=True)
                └── LogInfo('hello')"""
    )
