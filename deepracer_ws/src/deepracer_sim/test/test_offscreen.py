"""Which OpenGL is chosen, what is said when there is none, and that nothing is left behind."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_sim.mujoco_engine import offscreen
from mujoco_samples import make_engine, put, starts

# What a process that has never drawn anything says about its choice, and whether it can draw.
REPORT = """
import os
from deepracer_core.errors import SimulationError
from deepracer_sim.mujoco_engine import offscreen
from mujoco_samples import SMALL, make_engine, put, starts
try:
    engine = make_engine(1)
    put(engine, starts(1))
    print(os.environ["MUJOCO_GL"], int(engine.render().max() > 150))
except SimulationError as error:
    print("refused:", error)
"""


def report(**environment):
    """Run `REPORT` in a process whose choice of OpenGL is its own."""
    clean = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "PYOPENGL_PLATFORM")}
    result = subprocess.run(
        [sys.executable, "-c", REPORT],
        env={
            **clean,
            "PYTHONPATH": f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip(), result.stderr.strip()


def test_egl_is_preferred_and_its_process_ends_quietly():
    assert report() == ("egl 1", "")


needs_osmesa = pytest.mark.skipif(
    ctypes.util.find_library("OSMesa") is None,
    reason="no OSMesa here; Debian's libosmesa6 brings it, where there is one",
)


@needs_osmesa
def test_osmesa_draws_where_egl_finds_no_driver():
    assert report(__EGL_VENDOR_LIBRARY_DIRS="/nonexistent") == ("osmesa 1", "")


@needs_osmesa
def test_the_user_may_choose():
    assert report(MUJOCO_GL="osmesa") == ("osmesa 1", "")


@pytest.mark.parametrize(
    "trouble", [{"PYOPENGL_PLATFORM": "osmesa"}, {"__EGL_VENDOR_LIBRARY_DIRS": "/nonexistent"}]
)
def test_a_chosen_backend_that_does_not_work_is_reported(trouble):
    told, _ = report(MUJOCO_GL="egl", **trouble)
    assert "OpenGL backend 'egl' ($MUJOCO_GL) does not work" in told
    assert "libosmesa6" in told


def test_a_backend_that_there_is_not_is_reported_when_the_library_is_loaded():
    script = """
from deepracer_sim.worlds import find_track
from deepracer_sim.engine_factory import make_engine
from deepracer_sim.engine import ImageSpec
from deepracer_sim.vehicle_profile import load_profile
make_engine("mujoco", find_track("reinvent_2018"), load_profile("aws_sim"), 1, ImageSpec())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "MUJOCO_GL": "vulkan"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "SimulationError: the library mujoco of engine 'mujoco' does not load" in last
    assert "if $MUJOCO_GL is set, unset it" in last


@pytest.fixture
def fresh_choice(monkeypatch):
    monkeypatch.delenv("MUJOCO_GL", raising=False)


def test_without_any_opengl_the_error_names_the_packages(monkeypatch, fresh_choice):
    monkeypatch.setattr(offscreen, "_PROBE", "raise ImportError('no {} here')")
    with pytest.raises(SimulationError) as caught:
        offscreen.choose_backend()
    for part in ("no egl here", "no osmesa here", "libegl1", "libgl1-mesa-dri", "libosmesa6"):
        assert part in str(caught.value)


def test_a_driver_that_kills_its_process_is_passed_over(monkeypatch, fresh_choice):
    probe = "import os; '{}' == 'egl' and os.abort()"
    monkeypatch.setattr(offscreen, "_PROBE", probe)
    assert offscreen.choose_backend() == "osmesa"
    assert os.environ["MUJOCO_GL"] == "osmesa"  # child processes need not try again


def test_a_driver_that_hangs_is_passed_over(monkeypatch, fresh_choice):
    monkeypatch.setattr(offscreen, "_PROBE", "import time; '{}' == 'egl' and time.sleep(600)")
    monkeypatch.setattr(offscreen, "_PROBE_TIMEOUT", 2.0)
    assert offscreen.choose_backend() == "osmesa"


def test_contexts_do_not_disturb_each_other_and_are_freed():
    poses = starts(2)
    one, other = make_engine(2), make_engine(2)
    put(one, poses)
    put(other, poses[::-1])
    first = one.render().copy()
    np.testing.assert_array_equal(other.render(), first[::-1])
    other.close()
    other.close()  # a second time does nothing
    np.testing.assert_array_equal(one.render(), first)
    before = len(offscreen._open)
    del one  # without close
    assert len(offscreen._open) == before - 1


def test_contexts_leave_no_memory_behind():
    def resident():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def once():
        engine = make_engine(1)
        put(engine, starts(1))
        engine.render()
        engine.close()

    for _ in range(3):
        once()
    before = resident()
    for _ in range(5):
        once()
    assert resident() - before < 25.0  # MB; the textures of one engine alone are larger
