"""Stay inside the two borders (developer guide, example 2): any line is fine, but not the edge."""

MARGIN = 0.05  # metres between the front of the car and the border


def reward_function(params):
    """Give 1 with all wheels on the track and some room to the border, else almost nothing."""
    room = params["track_width"] / 2 - params["distance_from_center"]
    if params["all_wheels_on_track"] and room >= MARGIN:
        return 1.0
    return 1e-3
