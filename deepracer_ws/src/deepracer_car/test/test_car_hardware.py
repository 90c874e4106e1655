"""The kinds of car, what enables them, and their light."""

from __future__ import annotations

import os

import pytest
from deepracer_car import gpio, sysfs
from deepracer_car.dry_run import DryRun
from deepracer_car.gpio import OFF, ON, EnableLine
from deepracer_car.hardware import AWS_ENABLE, HARDWARE, detect_car, find_hardware
from deepracer_car.pwm import PERIOD, Channel
from deepracer_car.tail_led import CHANNELS, DUTY_PER_LEVEL, Colour, TailLed
from deepracer_core.errors import ConfigError, HardwareError
from fake_car import FakeCar, Kernel


@pytest.mark.parametrize("name", HARDWARE)
def test_every_car_describes_itself_without_being_there(name, tmp_path):
    hardware = find_hardware(name, tmp_path)
    assert hardware.pwm.describe()
    assert hardware.enable.describe()
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_car_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'jetson': give one of aws, raspberry_pi, "):
        find_hardware("jetson")


@pytest.mark.parametrize("name", ["aws", "raspberry_pi"])
def test_a_car_finds_its_chip(name, tmp_path):
    car = FakeCar(tmp_path, name)
    find_hardware(name, tmp_path).pwm.open({Channel.MOTOR: 1_446_000}, exclusive=True)
    assert car.duty(Channel.MOTOR) == 1_446_000


@pytest.mark.parametrize("name", ["aws", "raspberry_pi"])
def test_a_car_is_known_by_its_chip(name, tmp_path):
    FakeCar(tmp_path, name)
    assert detect_car(tmp_path) == name


def test_where_there_is_no_chip_of_a_car_it_is_said_what_to_give(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/i2c-1").touch()  # on a laptop, that may be anything
    (tmp_path / "sys/class/pwm/pwmchip0").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"no PWM chip of a car: .* \(hardware:=dry_run\)"):
        detect_car(tmp_path)


@pytest.mark.parametrize("name", ["raspberry_pi", "raspberry_pi_i2c", "dry_run"])
def test_only_the_aws_car_has_an_enable_line(name, tmp_path):
    line = find_hardware(name, tmp_path).enable
    line.switch(ON)
    assert line.describe() == "always enabled"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def car(tmp_path, monkeypatch) -> FakeCar:
    car = FakeCar(tmp_path, exported=False)
    car.kernel = Kernel(car)
    monkeypatch.setattr(sysfs, "os", car.kernel)
    return car


def test_the_enable_line_is_active_low_and_never_shows_another_value(car):
    line = find_hardware("aws", car.root).enable
    assert line.describe() == f"enabled by GPIO 436 or 514 in {car.gpio}"
    line.switch(ON)
    line.switch(OFF)
    assert car.kernel.log == [
        ("gpio/export", "514"),
        ("gpio514/direction", "low"),
        ("gpio514/direction", "high"),
    ]


def test_the_number_is_that_of_the_kernel_that_runs(car):
    chip = car.gpio / "gpiochip512"
    (chip / "base").write_text("434\n")
    (chip / "ngpio").write_text("78\n")
    EnableLine(AWS_ENABLE, car.root / "sys").switch(ON)
    assert car.kernel.log == [("gpio/export", "436"), ("gpio436/direction", "low")]


@pytest.mark.parametrize(
    ("number", "found"), [(512, True), (591, True), (511, False), (592, False)]
)
def test_a_line_belongs_to_the_chip_that_holds_its_number(car, number, found):
    line = gpio.EnableLine((number,), car.root / "sys")
    if found:
        line.switch(ON)
        assert (car.gpio / f"gpio{number}").exists()
    else:
        with pytest.raises(HardwareError, match=f"no GPIO chip .* has a line {number}"):
            line.switch(ON)


def test_a_kernel_without_the_line_is_refused_with_its_numbers(car):
    (car.gpio / "gpiochip512" / "ngpio").write_text("1\n")
    with pytest.raises(HardwareError, match=r"gpio has a line 436 or 514: check"):
        EnableLine(AWS_ENABLE, car.root / "sys").switch(ON)


def test_an_exported_line_is_used_once_udev_has_opened_it(car, monkeypatch):
    slept = []
    monkeypatch.setattr(os, "access", lambda path, mode: len(slept) == 3)
    EnableLine(AWS_ENABLE, car.root / "sys", sleep=slept.append).switch(ON)
    assert len(slept) == 3
    assert car.line() == "low"


def test_the_light_shows_a_colour_by_three_channels():
    pwm = DryRun()
    led = TailLed(pwm)
    led.show(Colour.REFUSING)
    assert [pwm.duties[channel] for channel in CHANNELS] == [255 * DUTY_PER_LEVEL, 0, 0]
    led.show(Colour.DRIVING)
    assert [pwm.duties[channel] for channel in CHANNELS] == [0, 255 * DUTY_PER_LEVEL, 0]
    assert pytest.approx(PERIOD / 2, abs=DUTY_PER_LEVEL) == 255 * DUTY_PER_LEVEL


def test_a_colour_that_is_shown_is_not_written_again():
    pwm = DryRun()
    led = TailLed(pwm)
    led.show(Colour.WAITING)
    pwm.duties.clear()
    led.show(Colour.WAITING)
    assert pwm.duties == {}
    led.show(Colour.OFF)
    assert pwm.duties == dict.fromkeys(CHANNELS, 0)


def test_a_dry_run_remembers():
    pwm = DryRun()
    pwm.open({Channel.MOTOR: 1, Channel.SERVO: 2}, exclusive=True)
    assert pwm.write(Channel.SERVO, 3) == 3
    assert pwm.duties == {Channel.MOTOR: 1, Channel.SERVO: 3}
    pwm.close()
