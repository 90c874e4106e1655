"""What happens while a system runs: the base class of events."""

from __future__ import annotations


class Event:
    """Something that happened; event handlers react to it."""

    name = "launch.Event"
