"""Nodes that are the same in simulation and on the car."""
