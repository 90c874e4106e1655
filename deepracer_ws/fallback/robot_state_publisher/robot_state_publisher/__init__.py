"""Stands in for robot_state_publisher where ROS 2 does not provide it."""
