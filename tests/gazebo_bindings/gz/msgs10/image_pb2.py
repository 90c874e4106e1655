"""gz.msgs.Image."""

from __future__ import annotations

from dataclasses import dataclass, field

from gz.msgs10.parts import Header


@dataclass
class Image:
    header: Header = field(default_factory=Header)
    width: int = 0
    height: int = 0
    data: bytes = b""
