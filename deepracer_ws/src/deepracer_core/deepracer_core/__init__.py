"""What training, evaluation and the car agree on, free of ROS."""
