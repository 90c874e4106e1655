from __future__ import annotations

import errno

import pytest
from deepracer_car import sysfs, sysfs_pwm
from deepracer_car.hardware import AWS_DEVICE, PI_DEVICE
from deepracer_car.pwm import PERIOD, Channel
from deepracer_car.sysfs import UDEV_PATIENCE
from deepracer_car.sysfs_pwm import SysfsPwm
from deepracer_core.errors import HardwareError
from fake_car import FakeCar, Kernel

NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}


class Machine:
    """A fake car whose kernel judges what this process writes."""

    def __init__(self, car: FakeCar, monkeypatch: pytest.MonkeyPatch) -> None:
        self.car = car
        self.kernel = Kernel(car)
        self.slept: list[float] = []
        monkeypatch.setattr(sysfs, "os", self.kernel)

    def pwm(self, device: str = AWS_DEVICE) -> SysfsPwm:
        return SysfsPwm(device, self.car.root / "sys", sleep=self.slept.append)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    return Machine(FakeCar(tmp_path, exported=False), monkeypatch)


def test_it_describes_itself_without_the_hardware(tmp_path):
    pwm = SysfsPwm(AWS_DEVICE, tmp_path / "sys")
    assert pwm.describe() == f"kernel PWM chip of device 0000:00:17.0 in {tmp_path}/sys/class/pwm"
    assert list(tmp_path.iterdir()) == []


def test_a_new_channel_gets_period_then_duty_then_is_switched_on(machine):
    machine.pwm().open(NEUTRAL, exclusive=True)
    assert machine.kernel.log == [
        ("pwmchip0/export", "0"),
        ("pwm0/period", "20000000"),
        ("pwm0/duty_cycle", "1446000"),
        ("pwm0/enable", "1"),
        ("pwmchip0/export", "1"),
        ("pwm1/period", "20000000"),
        ("pwm1/duty_cycle", "1450000"),
        ("pwm1/enable", "1"),
    ]


def test_a_channel_that_runs_gets_its_duty_and_is_not_interrupted(machine):
    machine.pwm().open(NEUTRAL, exclusive=False)
    machine.kernel.log.clear()
    machine.pwm().open(NEUTRAL, exclusive=False)
    assert machine.kernel.log == [("pwm0/duty_cycle", "1446000"), ("pwm1/duty_cycle", "1450000")]


def test_a_duty_beyond_the_period_is_taken_back_first(machine):
    machine.car.export_channel(0)
    folder = machine.car.chip / "pwm0"
    (folder / "period").write_text("90000000\n")
    (folder / "duty_cycle").write_text("45000000\n")
    machine.pwm().open({Channel.MOTOR: 1_446_000}, exclusive=False)
    assert [value for _, value in machine.kernel.log] == ["0", "20000000", "1446000", "1"]


def test_a_duty_as_long_as_the_period_may_stay(machine):
    machine.car.export_channel(0)
    folder = machine.car.chip / "pwm0"
    (folder / "period").write_text("90000000\n")
    (folder / "duty_cycle").write_text(f"{PERIOD}\n")
    machine.pwm().open({Channel.MOTOR: 1_446_000}, exclusive=False)
    assert [value for _, value in machine.kernel.log] == ["20000000", "1446000", "1"]


def test_writing_returns_what_is_made(machine):
    pwm = machine.pwm()
    pwm.open(NEUTRAL, exclusive=False)
    assert pwm.write(Channel.MOTOR, 1_311_000) == 1_311_000
    assert machine.car.duty(Channel.MOTOR) == 1_311_000
    assert machine.car.duty(Channel.SERVO) == 1_450_000


def test_the_kernel_refuses_a_duty_beyond_the_period(machine):
    pwm = machine.pwm()
    pwm.open(NEUTRAL, exclusive=False)
    with pytest.raises(HardwareError, match=r"duty_cycle: Invalid argument.*finds this value"):
        pwm.write(Channel.MOTOR, PERIOD + 1)
    assert machine.car.duty(Channel.MOTOR) == 1_446_000


def test_the_chip_is_found_by_its_device_not_by_its_number(tmp_path, monkeypatch):
    machine = Machine(FakeCar(tmp_path, "raspberry_pi", exported=False), monkeypatch)
    pwm = machine.pwm(PI_DEVICE)
    pwm.open(NEUTRAL, exclusive=False)
    assert machine.car.motor_and_servo == (1_446_000, 1_450_000)
    with pytest.raises(HardwareError, match=r"no PWM chip of device 0000:00:17.0 .*1-0040"):
        machine.pwm().open(NEUTRAL, exclusive=False)


def test_without_any_chip_it_says_so(tmp_path):
    with pytest.raises(HardwareError, match=r"there: none.*hardware:="):
        SysfsPwm(AWS_DEVICE, tmp_path).open(NEUTRAL, exclusive=False)


def test_a_channel_that_the_chip_lacks(machine):
    with pytest.raises(HardwareError, match=r"write 9 to .*export: No such device"):
        machine.pwm().open({9: 0}, exclusive=False)


def test_a_channel_that_the_kernel_uses_itself(machine):
    machine.kernel.broken["export"] = errno.EBUSY
    with pytest.raises(HardwareError, match="another program or driver uses it"):
        machine.pwm().open(NEUTRAL, exclusive=False)


def test_a_channel_that_another_program_exports_in_the_same_moment(machine, monkeypatch):
    plain = sysfs_pwm.store

    def store(path, value):
        if path.name == "export":
            machine.car.export_channel(value)
        plain(path, value)

    monkeypatch.setattr(sysfs_pwm, "store", store)
    machine.pwm().open({Channel.MOTOR: 1_446_000}, exclusive=False)
    assert machine.car.duty(Channel.MOTOR) == 1_446_000


@pytest.mark.parametrize("looks", [1, 200])
def test_it_waits_until_udev_lets_it_write(machine, monkeypatch, looks):
    answers = [False] * (looks - 1) + [True] * len(sysfs_pwm.WRITTEN)
    monkeypatch.setattr(sysfs_pwm.os, "access", lambda path, mode: answers.pop(0))
    machine.pwm().open({Channel.MOTOR: 1_446_000}, exclusive=False)
    assert len(machine.slept) == looks - 1
    assert machine.car.duty(Channel.MOTOR) == 1_446_000


@pytest.mark.parametrize("last", ["period", "duty_cycle", "enable"])
def test_it_waits_for_the_attribute_that_udev_gives_last(machine, monkeypatch, last):
    """Each look finds one more of those that are closed; until then a write would be refused."""
    closed = 3

    def access(path, mode) -> bool:
        nonlocal closed
        closed -= path.name == last
        machine.kernel.broken = {last: errno.EACCES} if closed > 0 else {}
        return path.name != last or closed <= 0

    monkeypatch.setattr(sysfs_pwm.os, "access", access)
    machine.pwm().open({Channel.MOTOR: 1_446_000}, exclusive=False)
    assert len(machine.slept) == 2
    assert machine.car.duty(Channel.MOTOR) == 1_446_000


def test_it_does_not_wait_for_ever(machine, monkeypatch):
    monkeypatch.setattr(sysfs_pwm.os, "access", lambda path, mode: False)
    with pytest.raises(HardwareError, match=r"period is not writable 2.0 s after.*udev rules"):
        machine.pwm().open(NEUTRAL, exclusive=False)
    assert sum(machine.slept) == pytest.approx(UDEV_PATIENCE)


@pytest.mark.parametrize(
    ("number", "repair"),
    [
        (errno.EACCES, "udev rules"),
        (errno.EPERM, "udev rules"),
        (errno.ENODEV, "removed"),
        (errno.EIO, "dmesg"),
    ],
)
def test_what_the_kernel_refuses_is_named_with_its_repair(machine, number, repair):
    pwm = machine.pwm()
    pwm.open(NEUTRAL, exclusive=False)
    machine.kernel.broken["duty_cycle"] = number
    with pytest.raises(HardwareError, match=repair):
        pwm.write(Channel.SERVO, 1_500_000)


def test_a_removed_chip_is_noticed(machine):
    pwm = machine.pwm()
    pwm.open(NEUTRAL, exclusive=False)
    (machine.car.chip / "pwm0" / "duty_cycle").unlink()
    with pytest.raises(HardwareError, match="it is not there"):
        pwm.write(Channel.MOTOR, 1_500_000)
    with pytest.raises(HardwareError, match="cannot read"):
        sysfs.show(machine.car.chip / "pwm0" / "duty_cycle")


def test_only_one_may_claim_the_chip_and_closing_frees_it(machine):
    first, second, guard = machine.pwm(), machine.pwm(), machine.pwm()
    first.open(NEUTRAL, exclusive=True)
    guard.open(NEUTRAL, exclusive=False)
    with pytest.raises(HardwareError, match="in use by another servo node or calibration"):
        second.open(NEUTRAL, exclusive=True)
    guard.close()
    first.close()
    first.close()
    second.open(NEUTRAL, exclusive=True)
    second.close()


def test_closing_leaves_the_pulses(machine):
    pwm = machine.pwm()
    pwm.open(NEUTRAL, exclusive=True)
    pwm.close()
    assert machine.car.motor_and_servo == (1_446_000, 1_450_000)


def test_an_empty_attribute_is_an_empty_value(tmp_path):
    (tmp_path / "attribute").write_text("")
    assert sysfs.show(tmp_path / "attribute") == ""


def test_a_plain_file_shows_the_last_value_though_it_is_shorter(tmp_path):
    path = tmp_path / "duty_cycle"
    path.write_text("1446000\n")
    sysfs.store(path, 996_000)
    assert sysfs.show(path) == "996000"


def test_claiming_what_is_not_there(tmp_path):
    with pytest.raises(HardwareError, match="cannot open"):
        sysfs.claim(tmp_path / "npwm")
