"""The doctor at trees that are healthy, or not; and what it says to do."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from deepracer_car import calibration, checkup, doctor
from deepracer_car.calibration import Calibration
from deepracer_car.checkup import Car, Finding, Level
from deepracer_car.service import RULES_PATH
from deepracer_car.sysfs import claim
from deepracer_core.bundle.store import ModelStore
from fake_car import FakeCar
from untrained import create_untrained

CPU = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"


@pytest.fixture
def tree(tmp_path) -> FakeCar:
    """An AWS car that lacks nothing."""
    car = FakeCar(tmp_path / "car")
    for path in (CPU, RULES_PATH):
        (car.root / path).parent.mkdir(parents=True)
        (car.root / path).write_text("performance\n")
    return car


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> ModelStore:
    store = ModelStore(tmp_path_factory.mktemp("models"))
    create_untrained(store, "mine")
    return store


@pytest.fixture
def patient(tree, store, tmp_path) -> Car:
    """The same with a calibration, a camera and a model."""
    path = tmp_path / "calibration.json"
    calibration.save(path, Calibration())
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/0.png"), np.zeros((48, 64, 3), np.uint8))
    return Car("aws", tree.root, path, str(tmp_path / "images"), "mine", store)


def look(check, car: Car) -> Finding:
    (finding,) = check(car)
    return finding


def changed(car: Car, **values) -> Car:
    return Car(**{**vars(car), **values})


def closed(monkeypatch, path: Path) -> None:
    """Let nobody write a path; root could write it whatever its mode is."""
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda tried, mode: Path(tried) != path and access(tried, mode)
    )


def test_a_healthy_car_has_nothing_to_repair(patient):
    findings = [finding for finding in checkup.examine(patient) if "clock" not in finding.what]
    assert [finding for finding in findings if finding.level is Level.FAIL] == []
    assert all(finding.repair for finding in findings if finding.level is not Level.OK)
    whats = "\n".join(finding.what for finding in findings)
    for text in ("PWM: pwmchip0", "GPIO: line 514", "64x48", "mine decides in", "performance"):
        assert text in whats


def test_the_hardware_is_found_by_what_is_there(tree, tmp_path):
    assert checkup.detect_hardware(tree.root) == "aws"
    assert checkup.detect_hardware(FakeCar(tmp_path / "pi", "raspberry_pi").root) == "raspberry_pi"
    (tmp_path / "bus/dev").mkdir(parents=True)
    assert checkup.detect_hardware(tmp_path / "bus") == "dry_run"
    (tmp_path / "bus/dev/i2c-1").touch()
    assert checkup.detect_hardware(tmp_path / "bus") == "raspberry_pi_i2c"


def test_a_missing_chip_fails_with_the_repair_of_this_car(patient, tmp_path):
    elsewhere = changed(patient, root=tmp_path)
    assert "car's own image" in look(checkup.check_pwm, elsewhere).repair
    pi = changed(elsewhere, hardware="raspberry_pi")
    assert "dtoverlay=i2c-pwm-pca9685a" in look(checkup.check_pwm, pi).repair
    assert look(checkup.check_pwm, pi).level is Level.FAIL
    assert "GPIO_SYSFS" in look(checkup.check_gpio, elsewhere).repair


def test_what_may_not_be_written_fails_with_the_rules_as_repair(patient, tree, monkeypatch):
    closed(monkeypatch, tree.chip / "export")
    monkeypatch.setattr(checkup, "find_chip", lambda device, root: tree.chip)
    finding = look(checkup.check_pwm, patient)
    assert finding.level is Level.FAIL
    assert "install_service" in finding.repair
    closed(monkeypatch, tree.gpio / "export")
    assert look(checkup.check_gpio, patient).level is Level.FAIL


def test_a_chip_in_use_is_told(patient, tree):
    descriptor = claim(tree.chip / "npwm")
    try:
        _, finding = checkup.check_pwm(patient)
        assert (finding.level, "has it now" in finding.what) == (Level.WARN, True)
    finally:
        os.close(descriptor)


def test_i2c_needs_its_bus_and_its_library(patient, tmp_path, monkeypatch):
    pi = changed(patient, hardware="raspberry_pi_i2c", root=tmp_path)
    assert "do_i2c" in look(checkup.check_i2c, pi).repair
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/i2c-1").touch()
    assert look(checkup.check_i2c, pi).level is Level.OK
    monkeypatch.setattr(checkup.importlib.util, "find_spec", lambda name: None)
    _, finding = checkup.check_i2c(pi)
    assert "python3-smbus2" in finding.repair


def test_the_stock_software_is_told_how_to_end(patient, tree):
    assert list(checkup.check_stock_software(patient)) == []
    wants = tree.root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "deepracer-core.service").touch()
    finding = look(checkup.check_stock_software, patient)
    assert (finding.level, "disable --now" in finding.repair) == (Level.FAIL, True)


def test_missing_permissions_are_told_one_by_one(patient, tree, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", list)
    monkeypatch.setattr(checkup.resource, "getrlimit", lambda which: (0, 0))
    (tree.root / RULES_PATH).unlink()
    whats = [finding.what for finding in checkup.check_permissions(patient)]
    assert whats[0] == "permissions: no udev rules"
    assert "not in the group video" in whats[1]
    assert "no real-time priority" in whats[2]
    assert list(checkup.check_permissions(changed(patient, hardware="dry_run"))) == []


def test_a_camera_without_pictures_fails(patient, tmp_path):
    (tmp_path / "empty").mkdir()
    finding = look(checkup.check_camera, changed(patient, camera=str(tmp_path / "empty")))
    assert finding.level is Level.FAIL
    gone = look(checkup.check_camera, changed(patient, camera="/dev/video99"))
    assert "cannot be opened" in gone.what
    assert "check the cable" in gone.repair


def test_the_calibration_must_be_there_whole_and_replaceable(patient, monkeypatch):
    assert look(checkup.check_calibration, patient).level is Level.OK
    closed(monkeypatch, patient.calibration.parent)
    assert "sudo chown" in look(checkup.check_calibration, patient).repair
    patient.calibration.write_text("{}")
    assert look(checkup.check_calibration, patient).level is Level.FAIL
    patient.calibration.unlink()
    assert look(checkup.check_calibration, patient).level is Level.WARN


def test_the_model_must_load_and_decide_in_time(patient, monkeypatch):
    assert look(checkup.check_model, patient).level is Level.OK
    assert look(checkup.check_model, changed(patient, model="")).level is Level.WARN
    assert "there is no model" in look(checkup.check_model, changed(patient, model="x")).what
    monkeypatch.setattr(checkup, "FRAME_PERIOD", 0.0)
    assert "smaller network" in look(checkup.check_model, patient).repair


@pytest.mark.parametrize(
    ("now", "state", "level"),
    [(2e9, 0, Level.OK), (2e9, checkup.TIME_ERROR, Level.WARN), (1e9, 0, Level.WARN)],
)
def test_the_clock_must_be_kept(patient, now, state, level):
    (finding,) = checkup.check_clock(patient, lambda: now, lambda: state)
    assert finding.level is level


def test_this_kernel_tells_of_its_clock():
    assert 0 <= checkup._clock_state() <= checkup.TIME_ERROR


@pytest.mark.parametrize(("free", "level"), [(600, Level.OK), (499, Level.WARN), (49, Level.FAIL)])
def test_the_disk_must_have_room(patient, monkeypatch, free, level):
    class Usage:
        pass

    Usage.free = free * 1_000_000
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda path: Usage)
    assert look(checkup.check_disk, patient).level is level


def test_a_processor_that_saves_power_is_told(patient, tree):
    (tree.root / CPU).write_text("powersave\n")
    finding = look(checkup.check_governor, patient)
    assert (finding.level, "powersave" in finding.what) == (Level.WARN, True)
    (tree.root / CPU).unlink()
    assert look(checkup.check_governor, patient).level is Level.OK


def test_it_prints_findings_with_their_repair_and_ends_by_the_worst(patient, capsys, monkeypatch):
    monkeypatch.setenv("DEEPRACER_MODELS", str(patient.store.root))
    arguments = [f"--{name}={getattr(patient, name)}" for name in ("root", "calibration", "camera")]
    assert doctor.main([*arguments, "--model=mine"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("hardware: aws (by what is there)\nok    PWM: pwmchip0\n")
    assert "the car can drive: 0 failures" in printed
    assert doctor.main([*arguments, "--model=nothing", "--hardware=aws"]) == 1
    printed = capsys.readouterr().out
    assert "FAIL  model: there is no model 'nothing'" in printed
    assert "\n      -> choose another" in printed
    assert "the car cannot drive: 1 failures" in printed
