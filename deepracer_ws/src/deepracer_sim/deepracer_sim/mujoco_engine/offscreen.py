"""An OpenGL context without a screen: EGL, or else OSMesa, chosen by itself."""

from __future__ import annotations

import atexit
import importlib
import os
import subprocess
import sys
import weakref
from typing import Any

import mujoco
import numpy as np
from deepracer_core.errors import SimulationError

from deepracer_sim.ground import Image

BACKENDS = ("egl", "osmesa")
"""In the order in which they are tried; OSMesa draws on the processor only and somewhat slower."""

VARIABLE = "MUJOCO_GL"
"""Environment variable, as MuJoCo knows it: choose the backend instead of trying."""

PACKAGES = "libegl1, libopengl0 and libgl1-mesa-dri (EGL), or libosmesa6 (OSMesa)"

LOD_BIAS = -1.0
"""OpenGL takes the level of a texture from the longer side of a pixel on the ground, which blurs
what lies far ahead. One level finer halves the mean difference from exactly averaged pixels (0.7
instead of 1.4 of 255 gray levels at 160x120) and costs nothing."""

_PROBE = """
from mujoco.{} import GLContext
import OpenGL.GL
context = GLContext(8, 8)
context.make_current()
context.free()
"""
_PROBE_TIMEOUT = 60.0  # [s]; it takes well below one

_open: weakref.WeakSet[Offscreen] = weakref.WeakSet()


def choose_backend() -> str:
    """The backend to use; it is found once and then handed to child processes by the environment.

    Each candidate is tried in a process of its own: PyOpenGL binds to one library for good, and a
    broken driver may take the process with it.

    Raises:
        SimulationError: none works; names the packages to install.
    """
    # One process for each worker is faster than threads of the software renderer in each.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    wanted = os.environ.get(VARIABLE, "").lower()
    if wanted in BACKENDS:
        return wanted
    failures = []
    for backend in BACKENDS:
        failure = _try(backend)
        if failure is None:
            os.environ[VARIABLE] = backend
            return backend
        failures.append(f"{backend}: {failure}")
    raise SimulationError(
        f"there is no OpenGL to draw camera images with ({'; '.join(failures)}); install "
        f"{PACKAGES} with apt, or use the engine `planar`"
    )


def _try(backend: str) -> str | None:
    """Why a backend does not work here, or None if it does."""
    environment = {**os.environ, VARIABLE: backend}
    environment.pop("PYOPENGL_PLATFORM", None)
    try:
        subprocess.run(
            [sys.executable, "-c", _PROBE.format(backend)],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=_PROBE_TIMEOUT,
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return lines[-1] if lines else f"ended with {error.returncode}"
    except subprocess.TimeoutExpired:
        return f"hung for {_PROBE_TIMEOUT:g} s"
    return None


def _open_context(width: int, height: int) -> Any:
    """A context of the chosen backend, to which OpenGL is directed: MuJoCo's `GLContext`.

    Raises:
        SimulationError: the backend does not work, or this process uses another one already.
    """
    backend = choose_backend()
    try:
        context = importlib.import_module(f"mujoco.{backend}").GLContext(width, height)
        context.make_current()
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise SimulationError(
            f"OpenGL backend {backend!r} (${VARIABLE}) does not work: {error}; unset ${VARIABLE} "
            f"and $PYOPENGL_PLATFORM, and install {PACKAGES} with apt"
        ) from error
    return context


class Offscreen:
    """Draws scenes of one MuJoCo model into memory; used by the thread that made it."""

    _is_open = False

    def __init__(
        self, model: mujoco.MjModel, width: int, height: int, multisampling: int = 0
    ) -> None:
        """Open a context and load the model's textures and meshes into it.

        Args:
            model: what scenes refer to.
            width: of the pictures [px].
            height: of the pictures [px].
            multisampling: samples of each pixel for smooth edges, or 0.

        Raises:
            SimulationError: no OpenGL backend works.
        """
        self._gl = _open_context(width, height)
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        model.vis.quality.offsamples = multisampling
        model.vis.quality.shadowsize = 0
        self._rectangle = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.zeros((height, width, 3), np.uint8)
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._sharpen_textures()
        atexit.unregister(_close_all)
        atexit.register(_close_all)  # after the backend's own, so that it runs before it
        _open.add(self)
        self._is_open = True

    def activate(self) -> None:
        """Direct OpenGL to this context; call it before a row of pictures."""
        self._gl.make_current()

    def draw(self, scene: mujoco.MjvScene) -> Image:
        """Draw a scene: (height, width, 3) RGB, bottom row first, valid until the next call."""
        mujoco.mjr_render(self._rectangle, scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._rectangle, self._context)
        return self._pixels

    def close(self) -> None:
        """Free the context; a second call does nothing."""
        if self._is_open:
            self._is_open = False
            _open.discard(self)
            self._gl.make_current()
            self._context.free()
            self._gl.free()

    def __del__(self) -> None:
        self.close()

    @staticmethod
    def _sharpen_textures() -> None:
        gl = importlib.import_module("OpenGL.GL")
        gl.glTexEnvf(gl.GL_TEXTURE_FILTER_CONTROL, gl.GL_TEXTURE_LOD_BIAS, LOD_BIAS)


def _close_all() -> None:
    for offscreen in list(_open):
        offscreen.close()
