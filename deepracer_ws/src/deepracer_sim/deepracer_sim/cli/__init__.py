"""Commands of `ros2 run deepracer_sim`: thin, the work is done by modules that know no terminal."""
