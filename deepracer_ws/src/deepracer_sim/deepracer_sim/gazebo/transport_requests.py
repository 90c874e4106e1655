"""Calls services of gz-sim in a process of its own, which subscribes to nothing.

`Node.request` of gz-transport's Python bindings holds the interpreter's lock while it waits, and
callbacks of subscriptions need it: a process that does both comes to a stand for good.

    python -m deepracer_sim.gazebo.transport_requests

reads one request in a line of JSON from stdin and answers it in a line on stdout:

| request                              | answer                                        |
|--------------------------------------|-----------------------------------------------|
| `["steps", count, patience]`         | true: the server has queued so many steps     |
| `["pose", x, y, yaw, patience]`      | true: it will put the car there (m, m, rad)   |
| `["missing"]`                        | the services that nobody offers yet           |

It ends with its stdin.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

from deepracer_core.errors import SimulationError

from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.bindings import load_bindings

MILLISECONDS = 1000.0  # in a second


class Requests:
    """What can be asked of the server."""

    def __init__(self) -> None:
        """Make a node of gz-transport.

        Raises:
            SimulationError: the bindings are not installed.
        """
        node, self._messages = load_bindings()
        self._node = node()

    def steps(self, count: int, patience: float) -> bool:
        """Ask for so many steps, then pause."""
        # without pause: true any request un-pauses the world
        control = self._messages["WorldControl"](pause=True, multi_step=count)
        return self._call(names.CONTROL_SERVICE, control, patience)

    def pose(self, x: float, y: float, yaw: float, patience: float) -> bool:
        """Ask to put the car somewhere."""
        pose = self._messages["Pose"](name=names.CAR)
        pose.position.x, pose.position.y, pose.position.z = x, y, names.SPAWN_HEIGHT
        pose.orientation.z, pose.orientation.w = math.sin(yaw / 2.0), math.cos(yaw / 2.0)
        return self._call(names.SET_POSE_SERVICE, pose, patience)

    def missing(self) -> list[str]:
        """The services that nobody offers yet."""
        offered = self._node.service_list()
        needed = (names.CONTROL_SERVICE, names.SET_POSE_SERVICE)
        return [service for service in needed if service not in offered]

    def _call(self, service: str, request: Any, patience: float) -> bool:
        answer = self._messages["Boolean"]
        was_answered, reply = self._node.request(
            service, request, type(request), answer, int(patience * MILLISECONDS)
        )
        return bool(was_answered and reply.data)


def main() -> None:
    """Answer requests until there are no more."""
    try:
        requests = Requests()
    except SimulationError as error:
        sys.exit(f"[ERROR] {error}")
    answers: dict[str, Callable[..., Any]] = {
        "steps": requests.steps,
        "pose": requests.pose,
        "missing": requests.missing,
    }
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(answers[name](*arguments)), flush=True)


if __name__ == "__main__":
    main()
