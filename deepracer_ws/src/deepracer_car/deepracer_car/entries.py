"""The nodes of this package as programs."""

from __future__ import annotations

from deepracer_drive.entry import node_entry

camera = node_entry("deepracer_car.nodes.camera_node")
servo = node_entry("deepracer_car.nodes.servo_node")
