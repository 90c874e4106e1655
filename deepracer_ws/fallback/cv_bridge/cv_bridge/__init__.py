"""The Python class `CvBridge` with the public behaviour of ROS 2's package cv_bridge."""

from cv_bridge.bridge import CvBridge, CvBridgeError

__all__ = ["CvBridge", "CvBridgeError"]
