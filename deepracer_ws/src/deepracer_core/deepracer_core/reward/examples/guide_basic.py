"""Basic function of the 2018 guide: reward the car for being near the middle of the track.

The twelve arguments are those of the guide. `distance_from_center` and `track_width` are in metres;
the border is at half of the width, so that the third band reaches beyond it.
"""


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
    """Give 10, 3 or 1 in three bands around the centre line, and almost nothing outside."""
    bands = ((0.2, 10.0), (0.5, 3.0), (0.8, 1.0))
    for part_of_width, reward in bands:
        if distance_from_center <= part_of_width * track_width:
            return reward
    return 1e-2
