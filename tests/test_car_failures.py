"""Each row of the failure table once: the car gets neutral, and drives again only as it should.

How soon is measured by `benchmarks/car_failures.py`, on a machine that has nothing else to do; here
only a limit is kept that is far above.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from car_graph import CarGraph, car_graph
from deepracer_core.bundle.store import ModelStore
from deepracer_core.command_gate import Mode
from deepracer_drive.messages import EVERY
from diagnostic_msgs.msg import DiagnosticArray
from failure_rows import ROWS, Row, attempt
from untrained import create_untrained, picture

PATIENT = 2.0
"""[s] The guard's 100 ms would be too short on a machine on which many tests run at once."""
LIMIT = 1000.0
"""[ms] until the car stands. It takes 200 at most where nothing else runs; what nobody notices any
more takes this long, because the gate gives up a mode after a second of silence, or for ever."""


@pytest.fixture(scope="module")
def graph(ros_isolation, tmp_path_factory) -> Iterator[CarGraph]:
    folder: Path = tmp_path_factory.mktemp("car")
    (folder / "images").mkdir()
    for seed in range(8):
        cv2.imwrite(str(folder / f"images/{seed}.png"), picture(seed))
    create_untrained(ModelStore(), "for-the-car", seed=2)
    names = ("camera", "inference", "command_gate", "servo", "joy_teleop")
    with car_graph(folder / "graph", folder / "images", "for-the-car", PATIENT, *names) as running:
        yield running


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_failure_makes_the_car_stand_until_it_is_started(graph: CarGraph, row: Row):
    trial = attempt(graph, row, wait=True)
    patience = PATIENT * 1e3 if row.is_noticed_late else 0.0
    assert trial.from_command <= LIMIT, graph.describe()
    assert trial.from_failure <= LIMIT + patience, graph.describe()
    if row.stops:
        graph.wait_until(lambda: graph.mode == Mode.STOPPED)
        graph.wait_until(lambda: not graph.drives(graph.log.moments[-1]))
        assert graph.stays_neutral(), graph.describe()
    else:
        graph.wait_until(lambda: graph.drives(graph.log.moments[-1]))


def test_all_nodes_tell_how_they_are_also_after_the_clock_was_set_back(graph: CarGraph):
    told: list[str] = []

    def on_diagnostics(message: DiagnosticArray) -> None:
        told.extend(status.name.partition(":")[0] for status in message.status)

    graph.jump(-3600.0)
    subscription = graph.node.create_subscription(
        DiagnosticArray, "/diagnostics", on_diagnostics, EVERY
    )
    graph.wait_until(lambda: all(told.count(name) >= 2 for name in ("camera", "inference")))
    graph.node.destroy_subscription(subscription)
