"""Driving by hand: when commands are sent, what joystick and keyboard say, and the terminal."""

from __future__ import annotations

import math
import os
import pty
import termios

import pytest
from deepracer_core.command_gate import Mode
from deepracer_core.errors import ConfigError
from deepracer_drive.joystick import MAX_SILENCE, Joystick, JoystickLayout
from deepracer_drive.keyboard import Keyboard, KeyboardSettings
from deepracer_drive.teleop import REST, HandCommand, Turn
from deepracer_drive.terminal import Terminal
from hypothesis import given
from hypothesis import strategies as st

DRIVEN = HandCommand(0.1, 1.0)


def turn_in(mode: Mode) -> Turn:
    turn = Turn()
    turn.follow(mode)
    return turn


@pytest.mark.parametrize("mode", Mode)
def test_what_a_human_wants_is_sent_in_any_mode_and_rest_in_manual_only(mode):
    assert turn_in(mode).take(DRIVEN, 1) == DRIVEN
    assert turn_in(mode).take(None, 1) == (REST if mode is Mode.MANUAL else None)


def test_before_the_gate_tells_its_mode_rest_is_not_sent():
    assert Turn().take(None, 1) is None


def test_nothing_is_sent_twice_with_one_stamp():
    turn = turn_in(Mode.MANUAL)
    assert turn.take(DRIVEN, 5) == DRIVEN
    assert turn.take(DRIVEN, 5) is None
    assert turn.take(None, 6) == REST


@pytest.mark.parametrize("mode", [Mode.STOPPED, Mode.AUTONOMOUS, Mode.CALIBRATION])
def test_rest_is_not_sent_from_the_asking_for_another_mode_on(mode):
    turn = turn_in(Mode.MANUAL)
    turn.ask(mode)
    assert turn.take(None, 1) is None
    turn.follow(Mode.MANUAL)  # as it was before the gate heard
    assert turn.take(None, 2) is None
    assert turn.take(DRIVEN, 3) == DRIVEN  # hands still drive, or take over
    turn.follow(mode)
    turn.follow(Mode.MANUAL)  # somebody wants it back
    assert turn.take(None, 4) == REST


def test_an_answer_tells_the_mode_too():
    turn = turn_in(Mode.MANUAL)
    turn.ask(Mode.AUTONOMOUS)
    turn.answer(Mode.AUTONOMOUS)
    assert turn.take(None, 1) is None
    turn.ask(Mode.STOPPED)
    turn.answer(Mode.MANUAL)  # it was refused
    assert turn.take(None, 2) == REST


def test_to_ask_for_manual_changes_nothing():
    turn = turn_in(Mode.MANUAL)
    turn.ask(Mode.AUTONOMOUS)
    turn.ask(Mode.MANUAL)
    assert turn.take(None, 1) == REST


LAYOUT = JoystickLayout(dead_zone=0.2, max_steering_angle=0.5, max_speed=2.0)


def held(steering: float, speed: float) -> Joystick:
    joystick = Joystick(LAYOUT)
    joystick.update([steering, 0.0, 0.0, 0.0, speed], [0, 0, 0, 0, 1], now=10.0)
    return joystick


@pytest.mark.parametrize(
    ("deflection", "share"),
    [(0.0, 0.0), (0.2, 0.0), (0.6, 0.5), (1.0, 1.0), (-0.6, -0.5), (1.5, 1.0), (math.nan, 0.0)],
)
def test_deflection_counts_from_the_dead_zone_on(deflection, share):
    command = held(deflection, deflection).command(10.0)
    assert command.steering_angle == pytest.approx(share * 0.5)
    assert command.speed == pytest.approx(share * 2.0)


def test_the_car_is_let_go_of_with_the_button_and_with_a_silent_joystick():
    joystick = held(1.0, 1.0)
    assert joystick.command(10.0 + MAX_SILENCE) is not None
    assert joystick.command(10.01 + MAX_SILENCE) is None
    joystick.update([1.0] * 5, [0] * 5, now=11.0)
    assert joystick.command(11.0) is None


def test_a_joystick_with_fewer_axes_and_buttons_drives_nothing():
    joystick = Joystick(LAYOUT)
    assert joystick.update([1.0], [], now=0.0) is None
    assert joystick.command(0.0) is None
    joystick.update([1.0], [0, 0, 0, 0, 1], now=0.0)
    assert joystick.command(0.0) == HandCommand(0.5, 0.0)


def test_a_button_asks_for_its_mode_once_when_it_is_pressed():
    joystick = Joystick(LAYOUT)
    buttons = [0] * 5
    for button, mode in ((0, Mode.MANUAL), (3, Mode.AUTONOMOUS), (1, Mode.STOPPED)):
        pressed = [*buttons]
        pressed[button] = 1
        assert joystick.update([], pressed, now=0.0) == mode
        assert joystick.update([], pressed, now=0.1) is None
        assert joystick.update([], buttons, now=0.2) is None


def test_to_stop_comes_first():
    assert Joystick(LAYOUT).update([], [1, 1, 0, 1, 0], now=0.0) == Mode.STOPPED


KEYS = KeyboardSettings(max_steering_angle=0.3, max_speed=1.2, hold_time=0.5)


@pytest.mark.parametrize(
    ("typed", "steering", "speed"),
    [
        ("w", 0.0, 1.2),
        ("\x1b[A", 0.0, 1.2),
        ("\x1bOA", 0.0, 1.2),
        ("\x1b[1;2A", 0.0, 1.2),
        ("s", 0.0, -1.2),
        ("\x1b[B", 0.0, -1.2),
        ("wa", 0.3, 1.2),
        ("w\x1b[D", 0.3, 1.2),
        ("W\x1b[C", -0.3, 1.2),
        ("wdw", 0.0, 1.2),
        ("d", -0.3, 0.0),
        ("wa ", 0.0, 0.0),
        ("wa\x1b\x1b[A", 0.0, 1.2),
        ("w\x1b[Zü\x00", 0.0, 1.2),
    ],
)
def test_keys_drive(typed, steering, speed):
    keyboard = Keyboard(KEYS)
    keyboard.type(typed, now=1.0)
    assert keyboard.command(1.0) == HandCommand(steering, speed)


def test_keys_count_as_released_after_the_hold_time_and_steering_does_not_bring_speed_back():
    keyboard = Keyboard(KEYS)
    assert keyboard.command(0.0) is None
    keyboard.type("w", now=1.0)
    assert keyboard.command(1.5) == HandCommand(0.0, 1.2)
    assert keyboard.command(1.51) is None
    keyboard.type("a", now=2.0)
    assert keyboard.command(2.0) == HandCommand(0.3, 0.0)


def test_an_arrow_key_may_come_in_pieces():
    keyboard = Keyboard(KEYS)
    for piece in ("\x1b", "[", "D"):
        keyboard.type(piece, now=1.0)
    assert keyboard.command(1.0) == HandCommand(0.3, 0.0)


@pytest.mark.parametrize(
    ("typed", "mode"),
    [("m", Mode.MANUAL), ("p", Mode.AUTONOMOUS), ("x", Mode.STOPPED), ("mX", Mode.STOPPED)],
)
def test_letters_ask_for_modes_without_driving(typed, mode):
    keyboard = Keyboard(KEYS)
    assert keyboard.type(typed, now=0.0) == mode
    assert keyboard.command(0.0) is None


@pytest.mark.parametrize("letter", "mpx")
def test_to_ask_for_a_mode_lets_go_of_what_was_held(letter):
    keyboard = Keyboard(KEYS)
    keyboard.type(f"wa{letter}", now=1.0)
    assert keyboard.command(1.0) is None
    keyboard.type("a", now=1.0)
    assert keyboard.command(1.0) == HandCommand(0.3, 0.0)


@given(st.lists(st.text(alphabet="\x1b[OABCDZ~;19wasdx m\x00é")))
def test_whatever_is_typed_stays_within_the_limits_and_is_never_hoarded(pieces):
    keyboard = Keyboard(KEYS)
    for piece in pieces:
        keyboard.type(piece, now=0.0)
        command = keyboard.command(0.0) or REST
        assert abs(command.steering_angle) <= 0.3
        assert abs(command.speed) <= 1.2
    assert len(keyboard._rest) <= sum(map(len, pieces))


@pytest.fixture
def terminal():
    """A terminal, and the end at which a human types."""
    human, ours = pty.openpty()
    terminal = Terminal(os.ttyname(ours))
    yield terminal, human, ours
    os.close(human)
    os.close(ours)


def test_a_terminal_gives_keys_at_once_and_is_restored(terminal):
    opened, human, ours = terminal
    during = termios.tcgetattr(ours)[3]
    assert not during & (termios.ICANON | termios.ECHO)
    assert during & termios.ISIG  # Ctrl-C stays a signal
    assert opened.read() == ""
    os.write(human, b"w\x1b[A")
    assert opened.read() == "w\x1b[A"
    opened.close()
    assert termios.tcgetattr(ours)[3] & (termios.ICANON | termios.ECHO) == (
        termios.ICANON | termios.ECHO
    )


def test_a_terminal_that_hangs_up_says_nothing_and_closes():
    human, ours = pty.openpty()
    terminal = Terminal(os.ttyname(ours))
    os.close(ours)
    os.close(human)
    assert terminal.read() == ""
    terminal.close()


def test_without_a_terminal_it_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="start this from a terminal"):
        Terminal(tmp_path / "none")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigError, match="start this from a terminal"):
        Terminal(file)
