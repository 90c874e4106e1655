"""The screen, the log files and their layouts."""

import logging
import re
from pathlib import Path

import pytest
from launch.actions import ExecuteProcess, LogInfo
from launch.logging import get_logger, launch_config, reset
from launch_runs import run


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """No log folder chosen yet, and a place for it."""
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "ros"))
    reset()
    return tmp_path / "ros"


def test_each_launch_has_a_folder_and_latest_is_a_link_to_it(fresh):
    run(LogInfo(msg="hello"))
    folder = fresh / "latest"
    assert folder.is_symlink()
    assert re.fullmatch(r"\d{4}(-\d\d){5}-\d{6}-.*-\d+", folder.resolve().name)
    assert folder.resolve() == (fresh / folder.resolve().name)
    assert re.search(
        r"^\d+\.\d{7} \[INFO\] \[launch.user\]: hello$",
        (folder / "launch.log").read_text(),
        re.MULTILINE,
    )


def test_ros_home_is_used_without_a_log_folder(fresh, monkeypatch, tmp_path):
    monkeypatch.delenv("ROS_LOG_DIR")
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "home"))
    assert launch_config.log_dir.startswith(f"{tmp_path}/home/log/")


def test_a_folder_that_cannot_be_written_says_what_to_do(monkeypatch):
    monkeypatch.setenv("ROS_LOG_DIR", "/proc/nowhere")
    reset()
    with pytest.raises(RuntimeError, match=r"cannot create the log folder .* Set ROS_LOG_DIR"):
        run()


def test_a_full_disk_does_not_end_the_launch(fresh, capfd):
    process = ExecuteProcess(cmd=["echo", "still here"], output="both")
    Path(launch_config.get_log_file_path()).symlink_to("/dev/full")
    assert run(process) == 0
    captured = capfd.readouterr()
    assert "still here" in captured.out
    assert "launch.log ends here: " in captured.err
    assert "No space left on device" in captured.err


def test_layouts_can_be_overridden(monkeypatch, capfd):
    monkeypatch.setenv("OVERRIDE_LAUNCH_SCREEN_FORMAT", "{name}\\t{levelname}\\t{msg}")
    get_logger("launch.test.layout").warning("at %d %%", 5)
    assert capfd.readouterr().out == "launch.test.layout\tWARNING\tat 5 %\n"


def test_the_level_is_that_of_all_loggers(capfd):
    launch_config.level = logging.ERROR
    get_logger("launch.test.level").warning("quiet")
    assert capfd.readouterr().out == ""
    launch_config.level = logging.INFO


def test_a_folder_must_exist_to_be_chosen():
    with pytest.raises(ValueError, match="is not a directory"):
        launch_config.log_dir = "/does/not/exist"
