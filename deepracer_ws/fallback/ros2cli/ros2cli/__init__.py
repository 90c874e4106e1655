"""The part of the ros2 command line that this project needs, for machines without ROS 2.

Names, options and output formats are those of ROS 2 Jazzy and Kilted. What is missing says so.
"""
