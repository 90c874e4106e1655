"""The exception hierarchy: each class says when it is raised, each message how to repair.

Every error that the stack raises on purpose is a `DeepRacerError`, so that a program catches these
at its edge and prints `str(error)`; anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DeepRacerError(Exception):
    """Raised when the stack refuses an input or cannot go on; the base of all errors below."""


class ConfigError(DeepRacerError):
    """Raised when a configuration value is missing, of the wrong type or out of range."""


class TrackError(DeepRacerError):
    """Raised when a track definition or a route file is broken or describes an impossible track."""


class ActionSpaceError(DeepRacerError):
    """Raised when an action space or an action violates the limits of its definition."""


class ModelMetadataError(DeepRacerError):
    """Raised when a model_metadata.json is malformed or asks for something unsupported."""


class CalibrationError(DeepRacerError):
    """Raised when a calibration file is malformed or its values cannot drive the car."""


class HardwareError(DeepRacerError):
    """Raised when servo, motor or camera hardware is missing or refuses what it is told."""


class HardwareBusyError(HardwareError):
    """Another process drives the hardware."""


class GuardError(DeepRacerError):
    """Raised when the process that guards the car has stopped it, ended or fallen silent."""


class CarError(DeepRacerError):
    """Raised when the car's nodes do not answer, or refuse what a person asks of them."""


class StorageError(DeepRacerError):
    """Raised when the system refuses to read, write or delete a file; what was there is intact."""


class BundleError(DeepRacerError):
    """Raised when a model bundle, or an archive of one, is incomplete, malformed or hostile."""


class PolicyError(DeepRacerError):
    """Raised when a policy.onnx cannot be used: its content, shapes or outputs are wrong."""


class FrozenGraphError(DeepRacerError):
    """Raised when a frozen TensorFlow graph is malformed, or cannot be read or written by us."""


class CameraError(DeepRacerError):
    """Raised when a camera image cannot be decoded or does not fit what the network wants."""


class EpisodeError(DeepRacerError):
    """Raised when an episode or evaluation is given impossible input, or a step after its end."""


class EvaluationError(DeepRacerError):
    """Raised when an evaluation cannot go on: its graph is incomplete, silent or stops the car."""


class LaunchError(DeepRacerError):
    """Raised in a launch file when a process has failed without which the others are of no use."""


class TraceError(DeepRacerError):
    """Raised when a SIM_TRACE_LOG line or file is malformed; names the line and the field."""


class MetricsError(DeepRacerError):
    """Raised when a file of training or evaluation metrics is malformed."""


class ModeError(DeepRacerError):
    """Raised when the command gate may not change from its mode to the requested one."""


class SimulationError(DeepRacerError):
    """Raised when an engine cannot be built from what describes car and world, or cannot go on."""


class WorkerError(DeepRacerError):
    """Raised when a worker process of the vector environment fails and a restart is no cure."""


class TrainingError(DeepRacerError):
    """Raised when training cannot go on as it is; the best model so far is intact."""


class CheckpointError(DeepRacerError):
    """Raised when a checkpoint cannot be read or belongs to another network."""


class JsonError(DeepRacerError):
    """Raised when a JSON document is malformed, ambiguous or too large."""


class RewardError(DeepRacerError):
    """Raised when a reward function cannot be used or fails; the base of the reward errors.

    Attributes:
        cause: What is wrong, without place and repair.
        source: Name of the user's file; may be empty.
        line: 1-based line in it, or None where none can be told.
        repair: What to do about it; may be empty.
        at: Where the car was, for people; may be empty.
        trace: The user's lines that led there, outermost first, as Python prints them, or empty.
        output: The end of what the function printed.
        car: Index of the car in the call, or None.
        params: What that car's call was given, without the constants of the track.
    """

    def __init__(
        self,
        cause: str,
        *,
        source: str = "",
        line: int | None = None,
        repair: str = "",
        at: str = "",
        trace: str = "",
        output: str = "",
        car: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.source = source
        self.line = line
        self.repair = repair
        self.at = at
        self.trace = trace
        self.output = output
        self.car = car
        self.params = params

    def __str__(self) -> str:
        """Place, cause and repair in one line, then the user's lines."""
        place = ", ".join(filter(None, (self.source, f"line {self.line}" if self.line else "")))
        sentence = f"{self.cause} (at {self.at})" if self.at else self.cause
        message = f"{place}: {sentence}" if place else sentence
        return "\n".join(filter(None, (f"{message}. {self.repair}".rstrip(), self.trace)))


class RewardSourceError(RewardError):
    """Raised when the file of a reward function cannot be read, is too long or is not UTF-8."""


class RewardSyntaxError(RewardError):
    """Raised when a reward function is not valid Python."""


class RewardImportError(RewardError):
    """Raised when a reward function imports a module that it cannot use."""


class RewardSignatureError(RewardError):
    """Raised when `reward_function` is missing or has neither the one nor the twelve arguments."""


class RewardRaisedError(RewardError):
    """Raised when a reward function raises an exception, be it SystemExit."""


class RewardValueError(RewardError):
    """Raised when a reward is not a number, not finite, or beyond 1e5 in size."""


class RewardTimeoutError(RewardError):
    """Raised when a reward function does not answer within its time."""


class RewardMemoryError(RewardError):
    """Raised when a reward function asks for more memory than its limit."""


class RewardProcessDiedError(RewardError):
    """Raised when the sandbox process ends or closes its pipes while it should compute a reward."""


class RewardProtocolError(RewardError):
    """Raised when the sandbox process answers something that is not an answer."""


class RewardSandboxError(RewardError):
    """Raised when the sandbox itself cannot be started on this machine."""
