"""The files that let the car drive from boot on, as systemd and udev would read them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from deepracer_car import install_service, neutral
from deepracer_car.calibration import Calibration, PulseRange, save
from deepracer_car.hardware import AWS_DEVICE, AWS_ENABLE, PI_DEVICE
from deepracer_car.pwm import Channel
from deepracer_car.service import PATHS, RULES_PATH, SETTINGS_PATH, UNIT, Service, hidden_part
from deepracer_core.errors import ConfigError, StorageError
from fake_car import FakeCar

UNIT_PATH = PATHS[UNIT]
MOST_EXPOSURE = 3.0  # of 10, by systemd-analyze; below 4 it says OK


@pytest.fixture
def setup(tmp_path) -> Path:
    path = tmp_path / "workspace" / "setup.bash"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.fixture
def service(setup) -> Service:
    return Service("aws", setup, Path("/opt/aws/deepracer/calibration.json"), "fps:=15 model:=m", 7)


@pytest.fixture
def installed(service, tmp_path) -> Path:
    root = tmp_path / "root"
    install_service.install(service, root)
    return root


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nothing_is_left_to_fill_in(service):
    for path, text in service.render().items():
        assert not re.search(r"@[A-Z]+@", text), path
    settings = service.render()[SETTINGS_PATH]
    assert 'DEEPRACER_ARGUMENTS="fps:=15 model:=m"' in settings
    assert "ROS_DOMAIN_ID=7" in settings


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(installed):
    done = run("systemd-analyze", "verify", str(installed / UNIT_PATH))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_service_is_hardened(installed):
    done = run("systemd-analyze", "security", "--offline=true", str(installed / UNIT_PATH))
    found = re.search(r"exposure level for \S+: (\d+\.\d)", done.stdout)
    assert found, done.stderr
    assert float(found.group(1)) <= MOST_EXPOSURE


def udev_can_verify() -> bool:
    return bool(shutil.which("udevadm")) and "verify" in run("udevadm", "--help").stdout


@pytest.mark.skipif(not udev_can_verify(), reason="udevadm is missing, or older than systemd 254")
def test_udev_finds_nothing_wrong_with_the_rules(installed):
    done = run("udevadm", "verify", "--resolve-names=never", str(installed / RULES_PATH))
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_matches_a_device_of_ours_and_gives_it_to_the_group(service):
    rules = [
        line
        for line in service.render()[RULES_PATH].splitlines()
        if line and not line.startswith("#")
    ]
    token = re.compile(r'(ACTION|SUBSYSTEM|KERNELS?)=="[^"]+"|RUN\+="/bin/sh -c \'[^"\']+\'"')
    for rule in rules:
        assert all(token.fullmatch(part) for part in rule.split(", ")), rule
        assert "chgrp" in rule
        assert " deepracer " in rule
    text = "\n".join(rules)
    for device in (AWS_DEVICE, PI_DEVICE, *(f"gpio{line}" for line in AWS_ENABLE)):
        assert device in text


@pytest.mark.parametrize("what", ["ExecStart", "ExecStopPost"])
def test_the_shell_gets_the_settings_as_words(service, setup, tmp_path, what):
    """What systemd hands to bash, with a `ros2` that shows its arguments."""
    unit = service.render()[UNIT_PATH].replace("\\\n", "")
    (line,) = re.findall(rf"^{what}=/bin/bash -c '(.*)'$", unit, re.MULTILINE)
    (tmp_path / "ros2").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "ros2").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "DEEPRACER_HARDWARE": "aws",
        "DEEPRACER_CALIBRATION": "/a b.json",
        "DEEPRACER_ARGUMENTS": "fps:=15 model:=m",
    }
    done = subprocess.run(
        ["/bin/bash", "-c", line.replace("$$", "$")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    words = {
        "ExecStart": "launch|deepracer_car|drive.launch.py|hardware:=aws|calibration:=/a b.json|"
        "fps:=15|model:=m",
        "ExecStopPost": "run|deepracer_car|neutral|--hardware=aws|--calibration=/a b.json",
    }
    assert "|".join(done.stdout.splitlines()) == words[what]


def test_settings_that_somebody_changed_are_kept(service, installed, capsys):
    (installed / SETTINGS_PATH).write_text("mine")
    (installed / UNIT_PATH).write_text("old")
    install_service.install(service, installed)
    assert (installed / SETTINGS_PATH).read_text() == "mine"
    assert "[Service]" in (installed / UNIT_PATH).read_text()
    assert f"kept {installed / SETTINGS_PATH}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "values",
    [
        {"user": "root; rm"},
        {"user": "root"},
        {"domain": -1},
        {"domain": 102},
        {"setup": Path('/a"b')},
        {"arguments": "model:=$(reboot)"},
        {"arguments": "a\nExecStart=b"},
        {"calibration": Path("/%i")},
    ],
)
def test_what_would_mean_something_else_is_refused(service, values):
    with pytest.raises(ConfigError, match=r"give a (plain name|ROS domain)|write it without"):
        Service(**{**vars(service), **values})


@pytest.mark.parametrize("values", [{"user": "rooty"}, {"domain": 0}, {"domain": 101}])
def test_what_is_just_allowed_is_taken(service, values):
    assert Service(**{**vars(service), **values}).render()


@pytest.mark.parametrize("argument", ["--user=root", "--domain=300"])
def test_a_refused_argument_ends_it_with_the_reason(setup, capsys, argument):
    given = ["--hardware=aws", f"--setup={setup}", "--print", argument]
    assert install_service.main(given) == 1
    shown = capsys.readouterr()
    assert (shown.out, "[ERROR] " in shown.err) == ("", True)


def test_a_workspace_that_the_service_cannot_enter_is_told(service, tmp_path, setup, capsys):
    for folder in setup.parents:
        if tmp_path in folder.parents:
            folder.chmod(0o755)
    hidden = tmp_path / "workspace"
    hidden.chmod(0o750)
    assert hidden_part(setup) in (hidden, *hidden.parents)
    install_service.install(service, tmp_path / "root")
    assert "may not enter" in capsys.readouterr().out
    assert hidden_part(Path("/usr/bin/env")) is None


def test_it_prints_what_it_would_write_and_refuses_what_it_cannot_know(setup, capsys, monkeypatch):
    monkeypatch.setenv("COLCON_PREFIX_PATH", str(setup.parent))
    assert install_service.main(["--hardware=aws", "--print"]) == 0
    assert f'. "{setup}"' in capsys.readouterr().out
    monkeypatch.delenv("COLCON_PREFIX_PATH")
    assert install_service.main(["--hardware=aws", "--print"]) == 1
    assert "install/setup.bash" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        install_service.main([])


def test_paths_may_be_relative_and_have_to_be_right(setup, capsys, monkeypatch):
    monkeypatch.chdir(setup.parent)
    given = ["--hardware=aws", "--setup=setup.bash", "--calibration=mine.json"]
    assert install_service.main([*given, "--print"]) == 0
    shown = capsys.readouterr().out
    assert f'. "{setup}"' in shown
    assert f"DEEPRACER_CALIBRATION={setup.parent}/mine.json" in shown
    root = setup.parent / "root"
    assert install_service.main(["--hardware=aws", "--setup=/no/setup.bash", f"--root={root}"]) == 1
    assert "there is no /no/setup.bash" in capsys.readouterr().err
    assert not root.exists()


def test_it_starts_again_however_it_ended(service):
    # ros2 launch ends with 0 when a node of it has died.
    assert "\nRestart=always\n" in service.render()[UNIT_PATH]


def test_real_installations_go_through_sudo_and_make_the_files_count(service, monkeypatch, capsys):
    done = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(
        install_service.subprocess,
        "run",
        lambda command, check: done.append(command) or subprocess.CompletedProcess(command, 0),
    )
    install_service.install(service, Path("/"))
    assert {command[0] for command in done} == {"sudo"}
    assert done[-1] == ("sudo", "systemctl", "enable", UNIT)
    made = next(command for command in done if "/var/lib/deepracer/models" in command)
    assert done.index(("sudo", "systemd-sysusers", "deepracer.conf")) < done.index(made)
    assert made[1:-2] == ("install", "-d", "-m", "0755", "-o", "deepracer", "-g", "deepracer")
    assert ("sudo", "systemd-sysusers", "deepracer.conf") in done
    assert "journalctl" in capsys.readouterr().out
    done.clear()
    assert install_service.main(["--remove"]) == 0
    assert done[0] == ("sudo", "systemctl", "disable", "--now", UNIT)
    assert f"/{SETTINGS_PATH}" not in done[1]


def test_a_command_that_fails_ends_it_with_its_name(service, monkeypatch):
    monkeypatch.setattr(
        install_service.subprocess,
        "run",
        lambda command, check: subprocess.CompletedProcess(command, 1),
    )
    with pytest.raises(StorageError, match=r"install -D .* has failed"):
        install_service.install(service, Path("/nowhere"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(StorageError, match="no systemd or no sudo"):
        install_service.install(service, Path("/nowhere"))


def test_neutral_is_made_by_the_cars_calibration_without_any_node(tmp_path, capsys):
    car = FakeCar(tmp_path / "car")
    mine = PulseRange(1_300_000, 1_400_000, 1_600_000, 1)
    save(tmp_path / "mine.json", Calibration(motor=mine))
    arguments = ["--hardware=aws", f"--root={car.root}"]
    assert neutral.main([*arguments, f"--calibration={tmp_path / 'mine.json'}"]) == 0
    assert car.motor_and_servo == (1_400_000, 1_450_000)
    (tmp_path / "mine.json").write_text("{")
    assert neutral.main([*arguments, f"--calibration={tmp_path / 'mine.json'}"]) == 0
    assert car.duty(Channel.MOTOR) == 1_446_000
    assert "the stock car's neutral is used" in capsys.readouterr().err
    save(tmp_path / "mine.json", Calibration(motor=mine))
    found = ["--hardware=auto", f"--calibration={tmp_path / 'mine.json'}"]
    assert neutral.main([*found, f"--root={car.root}"]) == 0
    assert car.motor_and_servo == (1_400_000, 1_450_000)
    assert neutral.main([*found, "--root=/nowhere"]) == 1
    assert "this computer has no PWM chip of a car" in capsys.readouterr().err
    assert neutral.main(["--hardware=aws", "--root=/nowhere", "--calibration=/none"]) == 1
    assert "no PWM chip" in capsys.readouterr().err
