"""Prevent zig-zag (developer guide, example 3): follow the centre line with little steering."""

HARD_STEERING = 15.0  # degrees; fit it to the steering angles of the action space
PENALTY = 0.8


def reward_function(params):
    """Reward the band around the centre line, less when the car steers hard to either side."""
    distance = params["distance_from_center"] / params["track_width"]
    reward = 1e-3
    for part_of_width, band_reward in ((0.1, 1.0), (0.25, 0.5), (0.5, 0.1)):
        if distance <= part_of_width:
            reward = band_reward
            break
    if abs(params["steering_angle"]) > HARD_STEERING:
        reward *= PENALTY
    return float(reward)
