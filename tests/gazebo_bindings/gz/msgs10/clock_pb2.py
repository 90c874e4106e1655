"""gz.msgs.Clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from gz.msgs10.parts import Time


@dataclass
class Clock:
    sim: Time = field(default_factory=Time)
