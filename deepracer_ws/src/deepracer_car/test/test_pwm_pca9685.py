from __future__ import annotations

import errno
import sys

import pytest
from deepracer_car.pca9685 import (
    AUTO_INCREMENT,
    LED0,
    MODE1,
    MODE2,
    PRESCALE,
    SLEEP,
    STEP,
    STEPS,
    TOTEM_POLE,
    Pca9685,
)
from deepracer_car.pwm import PERIOD, Channel
from deepracer_core.errors import HardwareError
from hypothesis import given
from hypothesis import strategies as st

ADDRESS = 0x40
NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}


class Chip:
    """The registers of a PCA9685 after power-on, behind a bus, as its data sheet says."""

    def __init__(self) -> None:
        self.registers = {MODE1: 0x11, MODE2: 0x00, PRESCALE: 0x1E}
        self.sleeps = 0
        self.is_open = False
        self.error = 0

    def open(self, path: str) -> Chip:
        self.is_open = True
        self.path = path
        return self

    def close(self) -> None:
        self.is_open = False

    def _answer(self, address: int) -> None:
        if self.error or address != ADDRESS:
            raise OSError(self.error or errno.EREMOTEIO, "Remote I/O error")

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        self._answer(i2c_addr)
        return self.registers[register]

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        self._answer(i2c_addr)
        if register == PRESCALE and not self.registers[MODE1] & SLEEP:
            return  # blocked while the oscillator runs
        if register == MODE1 and value & SLEEP:
            self.sleeps += 1
        self.registers[register] = value

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: list[int]) -> None:
        self._answer(i2c_addr)
        assert self.registers[MODE1] & AUTO_INCREMENT, "all bytes would go to one register"
        self.registers |= {register + offset: value for offset, value in enumerate(data)}

    def pulse(self, channel: Channel) -> int:
        """Pulse that comes out of a channel [ns]."""
        assert not self.registers[MODE1] & SLEEP
        assert self.registers[MODE2] & TOTEM_POLE
        first = LED0 + 4 * int(channel)
        on_low, on_high, off_low, off_high = (self.registers[first + index] for index in range(4))
        assert (on_low, on_high) == (0, 0)
        step = (self.registers[PRESCALE] + 1) * 40
        return 0 if off_high & 0x10 else (off_high << 8 | off_low) * step


@pytest.fixture
def chip() -> Chip:
    return Chip()


@pytest.fixture
def pwm(chip, tmp_path) -> Pca9685:
    (tmp_path / "i2c-1").touch()
    return Pca9685(tmp_path / "i2c-1", ADDRESS, chip.open)


def test_it_describes_itself_without_the_hardware(tmp_path):
    assert Pca9685(tmp_path / "i2c-1", ADDRESS).describe() == (
        f"PCA9685 at address 0x40 of {tmp_path}/i2c-1"
    )


def test_the_period_is_as_close_as_the_chip_can(pwm, chip):
    pwm.open(NEUTRAL, exclusive=True)
    period = (chip.registers[PRESCALE] + 1) * 40 * STEPS
    assert abs(period - PERIOD) < 40 * STEPS / 2
    assert period == STEP * STEPS


def test_it_begins_with_the_pulses_it_was_given(pwm, chip, tmp_path):
    pwm.open(NEUTRAL, exclusive=True)
    assert chip.path == str(tmp_path / "i2c-1")
    assert chip.pulse(Channel.MOTOR) == pytest.approx(1_446_000, abs=STEP / 2)
    assert chip.pulse(Channel.SERVO) == pytest.approx(1_450_000, abs=STEP / 2)


def test_the_guard_opens_a_running_chip_without_interrupting_it(pwm, chip, tmp_path):
    pwm.open(NEUTRAL, exclusive=True)
    Pca9685(tmp_path / "i2c-1", ADDRESS, chip.open).open(NEUTRAL, exclusive=False)
    assert chip.sleeps == 1


@pytest.mark.parametrize(
    "state",
    [
        {MODE1: AUTO_INCREMENT, PRESCALE: 0x1E},
        {MODE1: 0, PRESCALE: 121},
        {MODE1: SLEEP | AUTO_INCREMENT, PRESCALE: 121},
    ],
)
def test_a_chip_in_any_other_state_is_set_up(pwm, chip, state):
    chip.registers |= state
    pwm.open(NEUTRAL, exclusive=True)
    assert chip.sleeps == 1
    assert chip.registers[PRESCALE] == 121
    assert chip.pulse(Channel.SERVO) == pytest.approx(1_450_000, abs=STEP / 2)


@given(st.integers(0, STEP * STEPS - 1))
def test_what_it_says_is_what_the_chip_makes(duty):
    chip = Chip()
    pwm = Pca9685(None, ADDRESS, chip.open)
    pwm.open({Channel.SERVO: 0}, exclusive=False)
    made = pwm.write(Channel.SERVO, duty)
    assert made == chip.pulse(Channel.SERVO)
    assert abs(made - duty) <= (STEP / 2 if duty < STEP * (STEPS - 0.5) - STEP else STEP)


def test_no_pulse_is_no_pulse(pwm, chip):
    pwm.open({Channel.LED_RED: 0}, exclusive=True)
    assert chip.pulse(Channel.LED_RED) == 0
    first = LED0 + 4 * Channel.LED_RED
    assert [chip.registers[first + index] for index in range(4)] == [0, 0, 0, 0x10]


@pytest.mark.parametrize("duty", [-1, STEP * STEPS])
def test_a_pulse_outside_the_period_is_refused(pwm, chip, duty):
    pwm.open(NEUTRAL, exclusive=True)
    before = dict(chip.registers)
    with pytest.raises(HardwareError, match=f"a pulse of {duty} ns: give 0 to 19988479 ns"):
        pwm.write(Channel.MOTOR, duty)
    assert chip.registers == before


@pytest.mark.parametrize(
    ("number", "repair"),
    [
        (errno.EREMOTEIO, "no chip answers"),
        (errno.ENXIO, "no chip answers"),
        (errno.EBUSY, "hardware:=raspberry_pi"),
        (errno.EIO, "dmesg"),
    ],
)
def test_what_the_bus_refuses_is_named_with_its_repair(pwm, chip, number, repair):
    chip.error = number
    with pytest.raises(
        HardwareError, match=f"PCA9685 at address 0x40.*: Remote I/O error; .*{repair}"
    ):
        pwm.open(NEUTRAL, exclusive=True)


def test_a_chip_that_is_lost_while_driving(pwm, chip):
    pwm.open(NEUTRAL, exclusive=True)
    chip.error = errno.EREMOTEIO
    with pytest.raises(HardwareError, match="check that the board has power"):
        pwm.write(Channel.MOTOR, 1_400_000)


def test_it_is_opened_before_it_is_written(pwm):
    with pytest.raises(HardwareError, match="is not open"):
        pwm.write(Channel.MOTOR, 1_400_000)


def test_only_one_may_claim_the_bus_and_closing_frees_it(pwm, chip, tmp_path):
    pwm.open(NEUTRAL, exclusive=True)
    other = Pca9685(tmp_path / "i2c-1", ADDRESS, chip.open)
    with pytest.raises(HardwareError, match="in use by another servo node"):
        other.open(NEUTRAL, exclusive=True)
    pwm.close()
    pwm.close()
    assert not chip.is_open
    other.open(NEUTRAL, exclusive=True)
    other.close()


def test_without_the_bus_it_says_how_to_enable_it(tmp_path):
    with pytest.raises(HardwareError, match="it is not there"):
        Pca9685(tmp_path / "i2c-1", ADDRESS).open(NEUTRAL, exclusive=True)


def test_without_smbus2_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(HardwareError, match="apt install python3-smbus2"):
        Pca9685(tmp_path / "i2c-1", ADDRESS).open(NEUTRAL, exclusive=False)


def test_smbus2_gets_the_device_file(tmp_path, monkeypatch, chip):
    class Module:
        SMBus = staticmethod(chip.open)

    monkeypatch.setitem(sys.modules, "smbus2", Module)
    Pca9685(tmp_path / "i2c-1", ADDRESS).open(NEUTRAL, exclusive=False)
    assert chip.path == str(tmp_path / "i2c-1")
