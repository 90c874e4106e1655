"""How hardware is taken and given back, with a guard that only remembers."""

from __future__ import annotations

import pytest
from deepracer_car import rig
from deepracer_car.calibration import Calibration
from deepracer_car.pwm import Channel
from deepracer_car.rig import Rig
from deepracer_car.tail_led import Colour
from deepracer_core.errors import GuardError, HardwareError
from fake_car import FakeCar

NEUTRAL = {Channel.MOTOR: Calibration().motor.mid, Channel.SERVO: Calibration().servo.mid}
LEFT = {Channel.SERVO: 1_700_000}


class Guard:
    """In the place of `GuardLink`."""

    fails = False

    def __init__(self, hardware, root, neutral, timeout) -> None:
        assert (hardware, neutral) == ("aws", NEUTRAL)
        self.timeout = timeout
        self.closed = False
        if self.fails:
            raise GuardError("not ready")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def car(tmp_path) -> FakeCar:
    return FakeCar(tmp_path)


@pytest.fixture(autouse=True)
def guard(monkeypatch) -> type[Guard]:
    class Fresh(Guard):
        pass

    monkeypatch.setattr(rig, "GuardLink", Fresh)
    return Fresh


def take(car: FakeCar) -> Rig:
    return Rig("aws", car.root, NEUTRAL, 5)


def test_it_begins_neutral_guarded_and_on_and_ends_neutral_and_off(car):
    held = take(car)
    assert car.motor_and_servo == tuple(NEUTRAL.values())
    assert car.line() == "low"
    assert held.guard.timeout == 5
    assert "kernel PWM chip" in held.describe()
    assert "enabled by GPIO" in held.describe()
    held.write(LEFT)
    held.led.show(Colour.DRIVING)
    assert car.duty(Channel.SERVO) == 1_700_000
    held.close()
    assert car.motor_and_servo == tuple(NEUTRAL.values())
    assert (car.line(), held.guard.closed) == ("high", True)
    assert car.duty(Channel.LED_GREEN) == 0


def test_only_one_can_have_it_and_the_next_one_can_have_it_afterwards(car):
    held = take(car)
    with pytest.raises(HardwareError, match="in use"):
        take(car)
    held.close()
    take(car).close()


def test_without_a_guard_it_is_let_go_of_again(car, guard):
    guard.fails = True
    with pytest.raises(GuardError, match="not ready"):
        take(car)
    assert car.line() == "in"  # nothing was let through
    guard.fails = False
    take(car).close()


def test_what_cannot_be_switched_on_is_let_go_of_again(car):
    (car.gpio / "gpiochip512/ngpio").write_text("0\n")
    with pytest.raises(HardwareError, match="no GPIO chip"):
        take(car)
    (car.gpio / "gpiochip512/ngpio").write_text("80\n")
    take(car).close()


def test_hardware_that_breaks_does_not_keep_the_guard_from_being_told(car):
    held = take(car)
    (car.chip / "pwm0/duty_cycle").unlink()
    held.close()
    assert held.guard.closed
    assert car.line() == "high"
