"""The nodes of this package as programs."""

from __future__ import annotations

from deepracer_drive.entry import node_entry

command_gate = node_entry("deepracer_drive.nodes.command_gate_node")
inference = node_entry("deepracer_drive.nodes.inference_node")
joy_teleop = node_entry("deepracer_drive.nodes.joy_teleop")
keyboard_teleop = node_entry("deepracer_drive.nodes.keyboard_teleop")
