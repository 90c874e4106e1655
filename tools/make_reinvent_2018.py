"""Write worlds/reinvent_2018/track.yaml from the waypoints of the re:Invent 2018 route.

    python3 tools/make_reinvent_2018.py CENTRE_LINE.csv

The CSV holds x_m,y_m of the 118 distinct centre points of simapp's route `reinvent_base`, rounded
to 1 mm. Rounding and a kink near waypoint 107 make their curvature noisy, so a periodic smoothing
spline is laid through them. It is sampled at the parameters of the given points: waypoint i stays
waypoint i, which reward functions that name waypoints rely on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from deepracer_core.track.definition import (
    Colours,
    DashPattern,
    Field,
    TrackDefinition,
    save_definition,
)
from scipy.interpolate import splev, splprep

OUTPUT = Path(__file__).parents[1] / "worlds" / "reinvent_2018" / "track.yaml"

SPLINE_DEGREE = 5  # keeps the curvature smooth
# Bound on the sum of squared distances [m^2]: with it the curvature rises and falls once per bend,
# and no point moves by more than 8 mm.
SQUARED_DISTANCE = 8e-4
DECIMALS = 4  # 0.1 mm

COMMENT = """The track of AWS re:Invent 2018, drawn anew from published measurements.

Centre line: the 118 waypoints of simapp's route reinvent_base, smoothed by
tools/make_reinvent_2018.py (no point moved by more than 8 mm); counter-clockwise.
Width: 30 in, the outer edges of the 3 in lines; simapp's route has 0.762 m at
straight waypoints and down to 0.756 m in bends, which come out here in the same way,
because borders are straight between waypoints.
Dashes, field, walls, colours: measured on simapp's mesh and textures."""


def smooth(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Lay a periodic smoothing spline through (N, 2) points; return its N matching points."""
    ring = np.vstack([points, points[:1]])
    spline, parameters = splprep(ring.T, s=SQUARED_DISTANCE, per=True, k=SPLINE_DEGREE)
    return np.stack(splev(parameters[:-1], spline), axis=1)


def main() -> None:
    """Read the CSV named on the command line and write the definition."""
    points = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
    track = TrackDefinition(
        name="reinvent_2018",
        closed=True,
        centre_line=smooth(points).round(DECIMALS),
        width=0.762,
        line_width=0.0762,
        dash=DashPattern(length=0.0508, gap=0.0508, width=0.0254),
        field=Field(x_min=-0.587, y_min=-0.613, x_max=8.575, y_max=5.795),
        wall_height=1.0,
        colours=Colours(
            field=(95, 136, 104),
            wall=(36, 70, 81),
            road=(36, 49, 64),
            line=(194, 194, 190),
            dash=(194, 117, 0),
        ),
    )
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    save_definition(track, OUTPUT, COMMENT)
    print(f"{OUTPUT}: {len(points)} waypoints, {track.length:.3f} m")


if __name__ == "__main__":
    main()
