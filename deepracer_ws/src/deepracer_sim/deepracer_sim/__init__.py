"""Worlds, simulators, reward node, training and evaluation."""
