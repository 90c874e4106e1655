"""onnxruntime without its telemetry; import it from here.

Since 1.32 it has one on Linux, too: with the import it writes a device id below the home of the user
and starts a thread that sends what ran where. A car, and a pupil's laptop, do not report to anybody.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read while it is imported

import onnxruntime  # noqa: E402
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors  # noqa: E402

__all__ = ["onnxruntime", "runtime_errors"]
