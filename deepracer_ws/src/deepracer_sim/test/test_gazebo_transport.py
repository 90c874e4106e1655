"""Stepping gz-sim by gz-transport's Python bindings, with stand-ins for bindings and server."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import JOINTS, nominal_conditions
from deepracer_sim.engine_factory import find_urdf
from deepracer_sim.gazebo import bindings
from deepracer_sim.gazebo.engine import GazeboEngine
from deepracer_sim.gazebo.transport_client import GazeboTransportClient
from deepracer_sim.vehicle_profile import load_profile

BINDINGS = Path(__file__).parents[4] / "tests" / "gazebo_bindings"
PATIENCE = 20.0


@pytest.fixture
def installed(monkeypatch) -> None:
    """The stand-ins of the bindings can be imported, in child processes, too."""
    monkeypatch.setenv("GZ_PARTITION", uuid.uuid4().hex)
    monkeypatch.setenv("PYTHONPATH", f"{BINDINGS}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.syspath_prepend(str(BINDINGS))


def test_the_car_drives_and_is_put_down(installed):
    from gazebo_hub import Hub

    with Hub() as hub:
        client = GazeboTransportClient()
        try:
            engine = GazeboEngine(
                client,
                load_car_model(find_urdf()),
                load_profile(),
                patience=PATIENCE,
                start_patience=60.0,
            )
            engine.reset(np.zeros(1, np.intp), np.array([[1.0, -0.5, 0.3]]), nominal_conditions(1))
            np.testing.assert_allclose(engine.states.poses[0], [1.0, -0.5, 0.3], atol=0.02)
            for _ in range(12):
                engine.step(np.array([[0.2, 1.5]], np.float32))
            assert engine.states.velocity[0, 0] == pytest.approx(1.5, rel=0.1)
            assert engine.states.joints[0, JOINTS.index("left_steering_hinge_joint")] > 0.05
            assert engine.render().shape == (1, 120, 160, 3)
            assert engine.render().std() > 10.0
            controls = [request for request in hub.requests if hasattr(request, "multi_step")]
            assert controls
            assert all(control.pause for control in controls)
        finally:
            client.close()


def test_a_server_without_services_is_named(installed):
    from gazebo_hub import Hub

    with Hub(services=False):
        client = GazeboTransportClient()
        try:
            assert client.missing() == [
                *("the service /world/deepracer/control", "the service /world/deepracer/set_pose")
            ]
            assert not client.request_steps(33, 0.1)
        finally:
            client.close()


def test_when_the_process_that_calls_ends_it_is_an_error(installed):
    from gazebo_hub import Hub

    with Hub():
        client = GazeboTransportClient()
        client._requests.kill()
        client._requests.wait()
        with pytest.raises(SimulationError, match="process that calls services"):
            client.request_steps(33, PATIENCE)
        client.close()


def test_without_bindings_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name == "gz" or name.startswith("gz.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SimulationError, match="client:=ros"):
        GazeboTransportClient()


@pytest.mark.parametrize(
    ("version", "found"),
    [(("", ""), "jetty"), (("14", "11"), "ionic"), (("13", "10"), "harmonic")],
)
def test_bindings_are_found_by_their_version(version, found, monkeypatch):
    transport, messages = version

    class Module:
        Node = found

        def __getattr__(self, name: str) -> str:
            return name

    known = {f"gz.transport{transport}"} | {
        f"gz.msgs{messages}.{module}_pb2" for module in bindings.MESSAGES.values()
    }

    def load(name: str) -> Module:
        if name not in known:
            raise ModuleNotFoundError(name)
        return Module()

    monkeypatch.setattr(bindings, "import_module", load)
    assert bindings.load_bindings().Node == found
