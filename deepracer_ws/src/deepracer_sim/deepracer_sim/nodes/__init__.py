"""The nodes: thin shells around what the other modules do without ROS."""
