"""gz.msgs.Double."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Double:
    data: float = 0.0
