from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from deepracer_car import calibration
from deepracer_car.calibration import Calibration, PulseRange
from deepracer_core import atomic
from deepracer_core.errors import CalibrationError, StorageError
from hypothesis import given
from hypothesis import strategies as st

PULSES = st.integers(calibration.MIN_PULSE, calibration.MAX_PULSE)
POSITIONS = st.floats(-1.0, 1.0)
FILE = {
    "Calibration": {
        "Servo": {"max": 1700000, "mid": 1450000, "min": 1200000, "polarity": 1},
        "Motor": {"max": 1603500, "mid": 1446000, "min": 1311000, "polarity": -1},
        "version": 1,
    }
}


@st.composite
def pulse_ranges(draw) -> PulseRange:
    low, mid, high = sorted(draw(st.tuples(PULSES, PULSES, PULSES).filter(lambda p: len({*p}) > 1)))
    return PulseRange(low, mid, high, draw(st.sampled_from((1, -1))))


def stock_duty(pulses: PulseRange, position: float) -> Fraction:
    """The mapping as the reference writes it, in exact arithmetic."""
    value, polarity = Fraction(position), pulses.polarity
    if value * polarity < 0:
        return pulses.mid + value * polarity * (pulses.mid - pulses.min)
    return pulses.mid + value * polarity * (pulses.max - pulses.mid)


@given(pulse_ranges(), POSITIONS)
def test_a_duty_is_that_of_the_stock_car(pulses, position):
    assert abs(pulses.duty(position) - stock_duty(pulses, position)) <= Fraction(1, 2) + Fraction(
        1, 10**6
    )


@given(pulse_ranges(), POSITIONS)
def test_a_duty_never_leaves_the_calibrated_range(pulses, position):
    assert pulses.min <= pulses.duty(position) <= pulses.max


@given(pulse_ranges(), POSITIONS, POSITIONS)
def test_more_position_is_more_pulse_or_less_by_polarity(pulses, one, other):
    low, high = sorted((one, other))
    assert pulses.polarity * (pulses.duty(high) - pulses.duty(low)) >= 0


@pytest.mark.parametrize(
    ("position", "motor", "servo"),
    [
        (0.0, 1_446_000, 1_450_000),
        (-0.0, 1_446_000, 1_450_000),
        (1.0, 1_311_000, 1_700_000),  # polarity -1: forwards shortens the motor's pulse
        (-1.0, 1_603_500, 1_200_000),
        (0.8, 1_338_000, 1_650_000),
        (-0.5, 1_524_750, 1_325_000),
    ],
)
def test_duties_of_the_stock_car(position, motor, servo):
    stock = Calibration()
    assert (stock.motor.duty(position), stock.servo.duty(position)) == (motor, servo)


@pytest.mark.parametrize(
    "position", [math.nan, math.inf, -math.inf, math.nextafter(1, 2), -1.0001, 1450000.0]
)
def test_a_position_outside_is_refused(position):
    with pytest.raises(CalibrationError, match="outside -1 to 1"):
        Calibration().motor.duty(position)


def test_the_file_of_the_stock_car_is_read():
    assert calibration.parse(json.dumps(FILE)) == Calibration()


@given(pulse_ranges(), pulse_ranges())
def test_what_is_written_is_what_was_read(servo, motor):
    content = calibration.to_json(Calibration(servo, motor))
    assert calibration.parse(json.dumps(content)) == Calibration(servo, motor)
    assert content.keys() == FILE.keys()
    assert content["Calibration"].keys() == FILE["Calibration"].keys()
    assert content["Calibration"]["Motor"].keys() == FILE["Calibration"]["Motor"].keys()


def changed(path: str, value: object) -> str:
    """The good file with one value exchanged, or removed if it is ..., as JSON."""
    content = json.loads(json.dumps(FILE))
    *folders, name = path.split(".")
    place = content
    for folder in folders:
        place = place[folder]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1"),
        ("[]", "the document is a list"),
        ("\xff", "Calibration|line 1"),
        (b"\xff", "not UTF-8"),
        (changed("Calibration", ...), "Calibration is missing"),
        (changed("Calibration", 1), "Calibration is an integer"),
        (changed("Calibration.Servo", ...), "Calibration.Servo is missing"),
        (changed("Calibration.Motor", []), "Calibration.Motor is a list"),
        (changed("Calibration.Motor.mid", ...), "Calibration.Motor.mid is missing"),
        (changed("Calibration.Motor.mid", 1.5e6), "Calibration.Motor.mid is a fraction"),
        (changed("Calibration.Motor.mid", "1446000"), "Calibration.Motor.mid is a string"),
        (changed("Calibration.Motor.mid", True), "Calibration.Motor.mid is true or false"),
        (changed("Calibration.Motor.polarity", 0), "Motor: polarity is 0: write 1 or -1"),
        (changed("Calibration.Motor.min", 499_999), "Motor: min is 499999 ns"),
        (changed("Calibration.Servo.max", 2_500_001), "Servo: max is 2500001 ns"),
        (changed("Calibration.Servo.max", 10**400), "float64"),
        (changed("Calibration.Servo.mid", 1_700_001), "Servo: min .* in rising order"),
        (changed("Calibration.Servo.mid", 1_199_999), "Servo: min .* in rising order"),
        (changed("Calibration.version", ...), "version is missing, as in files before 2020"),
        (changed("Calibration.version", 2), "version is not 1"),
        ('{"Calibration": {}, "Calibration": {}}', "stands twice"),
        ('{"Calibration": {"version": NaN}}', "NaN is no JSON number"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(text, message):
    with pytest.raises(CalibrationError, match=message):
        calibration.parse(text)


def test_equal_ends_are_refused_but_a_car_without_reverse_is_not():
    with pytest.raises(CalibrationError, match="rising order"):
        PulseRange(1_500_000, 1_500_000, 1_500_000, 1)
    forwards_only = PulseRange(1_500_000, 1_500_000, 1_600_000, 1)
    assert forwards_only.duty(-1.0) == 1_500_000


def test_the_bounds_of_pulses_are_allowed():
    assert PulseRange(500_000, 1_000_000, 2_500_000, 1).duty(1.0) == 2_500_000


OTHER = Calibration(servo=PulseRange(1_250_000, 1_500_000, 1_750_000, -1))


def test_saving_keeps_what_was_there_and_restoring_brings_it_back(tmp_path):
    path = tmp_path / "calibration.json"
    calibration.save(path, Calibration())
    assert not calibration.backup_path(path).exists()
    calibration.save(path, OTHER)
    assert calibration.load(path) == OTHER
    assert calibration.load(calibration.backup_path(path)) == Calibration()
    for _ in range(2):
        assert calibration.restore(path) == Calibration()
        assert calibration.load(path) == Calibration()


def test_a_backup_of_a_broken_file_is_kept_as_it_was(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_bytes(b"broken \xff")
    calibration.save(path, OTHER)
    assert calibration.backup_path(path).read_bytes() == b"broken \xff"
    with pytest.raises(CalibrationError, match=r"calibration.json.backup: byte 7 is not UTF-8"):
        calibration.restore(path)
    assert calibration.load(path) == OTHER


def test_there_is_nothing_to_restore_before_the_first_change(tmp_path):
    with pytest.raises(StorageError, match=r"calibration.json.backup: No such file"):
        calibration.restore(tmp_path / "calibration.json")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(StorageError, match=r"No such file.*calibrate.launch.py"):
        calibration.load(tmp_path / "calibration.json")


def test_a_full_disk_leaves_the_old_calibration(tmp_path, monkeypatch):
    path = tmp_path / "calibration.json"
    calibration.save(path, Calibration())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(StorageError, match="free some space"):
        calibration.save(path, OTHER)
    assert calibration.load(path) == Calibration()


def test_a_huge_file_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "calibration.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CalibrationError, match=r"calibration.json: 1048577 bytes are more than"):
        calibration.load(path)


def test_the_place_of_a_calibration_is_made(tmp_path):
    calibration.make_place(tmp_path / "aws" / "deepracer" / "calibration.json")
    assert (tmp_path / "aws" / "deepracer").is_dir()


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"nothing can be saved in .*: sudo install -d"):
        calibration.make_place(tmp_path / "file" / "calibration.json")
    monkeypatch.setattr(calibration.os, "access", lambda path, mode: False)
    with pytest.raises(StorageError, match="or give another file"):
        calibration.make_place(tmp_path / "calibration.json")
