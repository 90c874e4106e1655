"""gz.msgs.Boolean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Boolean:
    data: bool = False
