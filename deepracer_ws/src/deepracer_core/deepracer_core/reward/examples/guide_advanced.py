"""Advanced function of the 2018 console: near the middle, without hard steering, and not slowly.

The guide names it without showing it; the bands and the two penalties are those of the console's
sample of that time. throttle is 0 to 1, steering -1 (right) to 1 (left).
"""

HARD_STEERING = 0.5
SLOW_THROTTLE = 0.5
PENALTY = 0.8


def reward_function(
    on_track,
    x,
    y,
    distance_from_center,
    car_orientation,
    progress,
    steps,
    throttle,
    steering,
    track_width,
    waypoints,
    closest_waypoint,
):
    """Reward the band around the centre line, less for each of hard steering and slow driving."""
    reward = 1e-3
    for part_of_width, band_reward in ((0.1, 1.0), (0.25, 0.5), (0.5, 0.1)):
        if distance_from_center <= part_of_width * track_width:
            reward = band_reward
            break
    if abs(steering) > HARD_STEERING:
        reward *= PENALTY
    if throttle < SLOW_THROTTLE:
        reward *= PENALTY
    return float(reward)
