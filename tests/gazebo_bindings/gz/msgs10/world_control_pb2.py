"""gz.msgs.WorldControl."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class WorldControl:
    pause: bool = False
    multi_step: int = 0
