"""Write the car's meshes, urdf/meshes/*.stl: body shell, tyre and rim.

    python3 tools/make_meshes.py

Our own shapes in the style of the car; they are for the eye only, collisions are primitives in the
URDF. Metres, in the frame of the link that shows them (body_shell, wheels).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
from deepracer_core.vehicle import VEHICLE

Array = npt.NDArray[np.float64]

OUTPUT = Path(__file__).parents[1] / "urdf" / "meshes"

# Cross sections of the body shell from nose to tail: x, then half width and height above the ground
# of sill, shoulder (just above the tyres) and roof [m].
SHELL_SECTIONS = [
    (0.156, (0.030, 0.050), (0.034, 0.056), (0.026, 0.060)),
    (0.128, (0.042, 0.046), (0.056, 0.066), (0.040, 0.074)),
    (0.085, (0.044, 0.046), (0.066, 0.076), (0.050, 0.086)),
    (0.045, (0.046, 0.044), (0.066, 0.076), (0.050, 0.092)),
    (0.010, (0.048, 0.042), (0.066, 0.076), (0.040, 0.116)),
    (-0.055, (0.048, 0.042), (0.066, 0.076), (0.038, 0.118)),
    (-0.105, (0.046, 0.046), (0.066, 0.076), (0.050, 0.098)),
    (-0.150, (0.042, 0.052), (0.056, 0.074), (0.046, 0.090)),
]

TYRE_SEGMENTS = 48  # three per lug and gap
TREAD_DEPTH = 0.0022  # [m]
RIM_RADIUS = 0.024  # [m]
SPOKES = 5


def body_shell() -> Array:
    """The shell's triangles, (T, 3, 3) [m]: cross sections joined by quads, closed at both ends."""
    rings = np.array(
        [
            [(x, side * width, z) for side, (width, z) in _around(profile)]
            for x, *profile in SHELL_SECTIONS
        ]
    )
    return np.concatenate([_skin(rings), _cap(rings[0]), _cap(rings[-1][::-1])])


def tyre() -> Array:
    """A tyre with lugs around the y axis, (T, 3, 3) [m]."""
    half = VEHICLE.wheel_width / 2
    angle = np.linspace(0, 2 * np.pi, TYRE_SEGMENTS, endpoint=False)
    on_lug = np.arange(TYRE_SEGMENTS) % 3 > 0
    tread = np.where(on_lug, VEHICLE.wheel_radius, VEHICLE.wheel_radius - TREAD_DEPTH)
    profile = [  # y [m], radius per segment [m]; a loop from the inner bead over the tread and back
        (-half * 0.85, np.full(TYRE_SEGMENTS, RIM_RADIUS)),
        (-half, tread - 0.006),
        (-half * 0.8, tread),
        (half * 0.8, tread),
        (half, tread - 0.006),
        (half * 0.85, np.full(TYRE_SEGMENTS, RIM_RADIUS)),
    ]
    rings = [_circle(y, radius, angle) for y, radius in (*profile, profile[0])]
    return _skin(np.array(rings))


def rim() -> Array:
    """A dish with a star of spokes on both faces, around the y axis, (T, 3, 3) [m]."""
    angle = np.linspace(0, 2 * np.pi, 4 * SPOKES, endpoint=False)
    depth = np.array([0.8, 0.8, 0.45, 0.45])  # spokes stand out, the gaps lie deeper
    face = np.tile(depth, SPOKES) * VEHICLE.wheel_width / 2
    outer = _circle(face, np.full(angle.shape, RIM_RADIUS), angle)
    hub = _circle(face * 0.9, np.full(angle.shape, 0.006), angle)
    centre = np.broadcast_to([0.0, VEHICLE.wheel_width * 0.42, 0.0], hub.shape)
    left = _skin(np.array([outer, hub, centre]))
    right = left[:, ::-1] * (1, -1, 1)
    band = _skin(np.array([outer * (1, -1, 1), outer]))
    return np.concatenate([left, right, band])


def _around(profile: list[tuple[float, float]]) -> list[tuple[int, tuple[float, float]]]:
    """A section's corners: up the left side, down the right side."""
    return [(1, corner) for corner in profile] + [(-1, corner) for corner in profile[::-1]]


def _circle(y: float | Array, radius: Array, angle: Array) -> Array:
    return np.stack(
        [radius * np.cos(angle), np.broadcast_to(y, angle.shape), radius * np.sin(angle)], axis=1
    )


def _skin(rings: Array) -> Array:
    """Join each ring of points, (R, P, 3), to the next one by two triangles per point."""
    a, b = rings[:-1], rings[1:]
    a_next, b_next = np.roll(a, -1, axis=1), np.roll(b, -1, axis=1)
    first, second = np.stack([a, b, a_next], axis=2), np.stack([b, b_next, a_next], axis=2)
    return np.concatenate([first.reshape(-1, 3, 3), second.reshape(-1, 3, 3)])


def _cap(ring: Array) -> Array:
    """Close a convex ring by a fan of triangles."""
    return np.array([(ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)])


def stl(triangles: Array) -> bytes:
    """Binary STL of (T, 3, 3) corners; triangles without area are left out."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    size = np.linalg.norm(normals, axis=1)
    solid = size > 1e-12
    facets = np.zeros(solid.sum(), dtype=[("xyz", "<f4", (4, 3)), ("attribute", "<u2")])
    facets["xyz"][:, 0] = normals[solid] / size[solid, None]
    facets["xyz"][:, 1:] = triangles[solid]
    return bytes(80) + struct.pack("<I", len(facets)) + facets.tobytes()


def main() -> None:
    """Write the three files."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, triangles in (("body_shell", body_shell()), ("tyre", tyre()), ("rim", rim())):
        content = stl(triangles)
        (OUTPUT / f"{name}.stl").write_bytes(content)
        print(f"urdf/meshes/{name}.stl: {len(content)} bytes")


if __name__ == "__main__":
    main()
