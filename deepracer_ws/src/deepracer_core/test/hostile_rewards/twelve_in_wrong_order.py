# error: RewardSignatureError
# line: 3
def reward_function(on_track, y, x, distance_from_center, car_orientation, progress, steps,
                    throttle, steering, track_width, waypoints, closest_waypoint):
    return 1.0
