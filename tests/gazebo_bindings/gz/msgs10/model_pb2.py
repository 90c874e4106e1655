"""gz.msgs.Model."""

from __future__ import annotations

from dataclasses import dataclass, field

from gz.msgs10.parts import Header, Joint


@dataclass
class Model:
    header: Header = field(default_factory=Header)
    joint: list[Joint] = field(default_factory=list)
