"""Stands in for the namespace package of Gazebo's Python bindings."""
