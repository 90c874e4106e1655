"""A person's end of a running car: asks its nodes, and waits for what they answer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import rclpy
from deepracer_core.command_gate import DRIVERS, Mode
from deepracer_core.errors import CarError, ModeError
from deepracer_drive.messages import LATCHED, LATEST
from deepracer_interfaces.msg import GateStatus, PolicyModel
from deepracer_interfaces.srv import LoadModel, SetMode
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

PATIENCE = 10.0  # [s] for a node to be found and to answer
LOAD_PATIENCE = 120.0  # [s] a large model on a small computer
REPEAT = 2.0  # [s] after which a question is asked again
LET_GO = "let go of the hardware"
SERVO = "servo: commands"


class CarClient:
    """A node that talks to the nodes of `drive.launch.py`; a context manager."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Join the graph.

        Args:
            patience: How long nodes may take to be found and to answer [s].
        """
        self._patience = patience
        # The signals stay Python's: Ctrl-C must not keep the car from being stopped.
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(f"car_{os.getpid()}", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.gate: GateStatus | None = None
        """The gate's latest status."""
        self._told = 0  # how often it has told one
        self.model: PolicyModel | None = None
        """The model that is loaded."""
        self.diagnostics: dict[str, DiagnosticStatus] = {}
        """What each node says of itself, by the name of the status."""
        subscribe = self._node.create_subscription
        subscribe(GateStatus, "/drive/status", self._on_gate, LATCHED)
        subscribe(PolicyModel, "/policy/model", self._on_model, LATCHED)
        subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, LATEST)

    def __enter__(self) -> CarClient:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def wait_for(self, true: Callable[[], object], seconds: float) -> bool:
        """Listen until it is true; return whether it came true within so many seconds."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                return False
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def wait_for_gate(self) -> GateStatus:
        """The gate's status.

        Raises:
            CarError: there is no gate.
        """
        self.wait_for(lambda: self.gate, self._patience)
        if self.gate is None:
            raise _absent("nobody publishes /drive/status")
        return self.gate

    def wait_for_model(self) -> PolicyModel | None:
        """The model that is loaded: a node that was found just now may not have told it yet."""
        self.wait_for(lambda: self.model, self._patience)
        return self.model

    def set_mode(self, mode: Mode) -> None:
        """Have the gate enter a mode.

        To drive is not asked for again once the gate has told anything: it may have heard, and
        somebody may have stopped the car since.

        Raises:
            ModeError: the gate has answered that it may not; its mode is unchanged.
            CarError: there is no gate, it does not answer, or it is in another mode since.
        """
        before = self._told
        answer = self._call(
            SetMode,
            "/set_mode",
            SetMode.Request(mode=mode),
            may_repeat=lambda: mode not in DRIVERS or self._told == before,
        )
        if answer is not None and not answer.success:
            raise ModeError(answer.message)
        if answer is None and not self.is_in(mode):
            raise CarError(f"the mode is not {mode.name}: somebody else has set it; see car status")

    def is_in(self, mode: Mode) -> bool:
        """Whether the gate is in this mode, by what it has told up to now."""
        self._executor.spin_once(timeout_sec=0.0)
        return self.gate is not None and self.gate.mode == mode

    def load(self, model: str) -> LoadModel.Response:
        """Exchange the model.

        Raises:
            CarError: there is no inference node, or the model cannot be loaded.
        """
        request = LoadModel.Request(model=model)
        answer = self._call(LoadModel, "/load_model", request, LOAD_PATIENCE)
        if not answer.success:
            former = f"; {answer.model} is still loaded" if answer.model else ""
            raise CarError(f"{answer.message}{former}")
        return answer

    def set_number(self, node: str, name: str, value: float) -> None:
        """Change a parameter.

        Raises:
            CarError: there is no such node, or it refuses.
        """
        content = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        request = SetParameters.Request(parameters=[Parameter(name=name, value=content)])
        (result,) = self._call(SetParameters, f"/{node}/set_parameters", request).results
        if not result.successful:
            raise CarError(result.reason)

    def get_strings(self, node: str, names: list[str]) -> list[str]:
        """Values of parameters.

        Raises:
            CarError: there is no such node.
        """
        request = GetParameters.Request(names=names)
        values = self._call(GetParameters, f"/{node}/get_parameters", request).values
        return [value.string_value for value in values]

    def wait_until_hardware_is_free(self) -> None:
        """Wait until the servo node has let go of the hardware.

        Raises:
            CarError: it does not.
        """
        self.diagnostics.pop(SERVO, None)

        def is_free() -> bool:
            status = self.diagnostics.get(SERVO)
            is_told = self.gate is not None and self.gate.mode == Mode.CALIBRATION
            return is_told and status is not None and LET_GO in status.message

        if not self.wait_for(is_free, self._patience):
            raise CarError("the servo node does not let go of the hardware: look at its log")

    def _call(
        self,
        kind: Any,
        service: str,
        request: Any,
        patience: float = 0.0,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> Any:
        """The answer; None if there was none and the question may not be repeated."""
        client = self._node.create_client(kind, service)
        try:
            if not self.wait_for(client.service_is_ready, self._patience):
                raise _absent(f"nobody answers {service}")
            deadline = time.monotonic() + max(patience, self._patience)
            while time.monotonic() < deadline:
                future = client.call_async(request)
                # Asked again, because a node that was found just now may not have found us yet.
                if self.wait_for(future.done, patience or REPEAT):
                    return future.result()
                if not may_repeat():
                    return None
            raise CarError(f"no answer from {service}: look whether its node hangs")
        finally:
            self._node.destroy_client(client)

    def _on_gate(self, status: GateStatus) -> None:
        self.gate = status
        self._told += 1

    def _on_model(self, model: PolicyModel) -> None:
        self.model = model

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self.diagnostics |= {status.name: status for status in message.status}


def _absent(what: str) -> CarError:
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    return CarError(
        f"no car is running ({what} in ROS domain {domain}): start one with ros2 launch "
        f"deepracer_car drive.launch.py, or set ROS_DOMAIN_ID to the one that it has"
    )
