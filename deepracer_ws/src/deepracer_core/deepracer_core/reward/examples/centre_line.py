"""Follow the centre line (developer guide, example 1): the nearer to it, the better."""


def reward_function(params):
    """Give 1, 0.5 or 0.1 in three bands around the centre line; the border is at half the width."""
    distance = params["distance_from_center"] / params["track_width"]
    if distance <= 0.1:
        return 1.0
    if distance <= 0.25:
        return 0.5
    if distance <= 0.5:
        return 0.1
    return 1e-3
