"""onnxruntime without its telemetry; import it from here.

Since 1.32 it has one on Linux, too: with the import it writes a device id below the user's home,
and starts a thread that sends what ran where. Cars and pupils' laptops do not report to anybody.
"""

from __future__ import annotations

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read while it is imported

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

__all__ = ["onnxruntime", "runtime_errors"]
