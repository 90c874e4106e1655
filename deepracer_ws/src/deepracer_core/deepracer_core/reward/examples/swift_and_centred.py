"""Make headway along the track, near its middle: what the stack trains with by default.

A step is worth the speed along the centre line [m/s], less towards the borders; leaving the track
costs what a few good steps bring. So each turn of the car has its price at once, and a policy
learns in a minute what functions without speed and heading teach in an hour.
"""

import math

EDGE_DISCOUNT = 0.5  # what is lost at the border
OFF_TRACK = -6.0


def reward_function(params):
    """Speed along the centre line, weighed by the distance from it."""
    if params["is_offtrack"] or params["is_crashed"]:
        return OFF_TRACK
    behind, ahead = (params["waypoints"][i] for i in params["closest_waypoints"])
    track_heading = math.atan2(ahead[1] - behind[1], ahead[0] - behind[0])
    along = math.cos(math.radians(params["heading"]) - track_heading)
    edge = min(1.0, 2.0 * params["distance_from_center"] / params["track_width"])
    return float(params["speed"] * along * (1.0 - EDGE_DISCOUNT * edge**2))
