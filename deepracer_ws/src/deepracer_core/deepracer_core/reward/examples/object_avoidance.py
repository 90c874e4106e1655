"""Stay on the track and keep away from what stands in one's lane (developer guide, example 4)."""

import math

MARGIN = 0.05  # metres between the front of the car and the border
# Distance to the object ahead [m], and the part of the reward that is left below it.
DANGER = ((0.3, 1e-3), (0.5, 0.2), (0.8, 0.5))
LANE_WEIGHT = 1.0
AVOID_WEIGHT = 4.0


def reward_function(params):
    """Weigh the reward for the lane and the one for keeping away from objects."""
    room = params["track_width"] / 2 - params["distance_from_center"]
    lane = 1.0 if params["all_wheels_on_track"] and room >= MARGIN else 1e-3
    return LANE_WEIGHT * lane + AVOID_WEIGHT * keeping_away(params)


def keeping_away(params):
    """Give 1 if no object is near ahead in the car's own lane, less the nearer it is."""
    if not params["objects_location"]:
        return 1.0
    ahead = params["closest_objects"][1]
    if params["objects_left_of_center"][ahead] != params["is_left_of_center"]:
        return 1.0
    x, y = params["objects_location"][ahead]
    distance = math.hypot(x - params["x"], y - params["y"])
    for limit, part in DANGER:
        if distance < limit:
            return part
    return 1.0
