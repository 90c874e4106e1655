"""The messages carry what the core defines: same names, same numbers, every field commented."""

from pathlib import Path

import pytest
from deepracer_core.command_gate import Mode, Refusal
from deepracer_core.episode import EpisodeStatus
from deepracer_interfaces.msg import (
    EpisodeStart,
    GateStatus,
    PolicyDecision,
    PolicyModel,
    StepOutcome,
)
from deepracer_interfaces.srv import LoadModel, ResetCar, SetMode
from rclpy.serialization import deserialize_message, serialize_message

FILES = sorted(Path(__file__).parents[1].glob("*/*.[ms][sr][gv]"))


def constants(message: type, prefix: str) -> dict[str, int]:
    # rosidl puts constants on the metaclass.
    return {
        name.removeprefix(prefix): getattr(message, name)
        for name in dir(type(message))
        if name.startswith(prefix)
    }


@pytest.mark.parametrize(
    ("message", "prefix", "enum"),
    [
        (GateStatus, "MODE_", Mode),
        (GateStatus, "REFUSAL_", Refusal),
        (StepOutcome, "STATUS_", EpisodeStatus),
    ],
)
def test_constants_are_those_of_the_core(message, prefix, enum):
    assert constants(message, prefix) == {member.name: member.value for member in enum}


@pytest.mark.parametrize(
    "message",
    [
        EpisodeStart(episode=7, start_fraction=0.5, reverse_direction=True, seed=2**64 - 1),
        GateStatus(mode=2, source="policy", reason="ä", max_speed=1.5, passed=2**40),
        PolicyDecision(action=-1, distribution=[0.25, 0.75], log_probability=-0.5, sampled=True),
        PolicyModel(model="m", max_steering_angle=0.5, max_speed=2.0),
        StepOutcome(reward=1e5, term_names=["a"], term_values=[2.0], progress=50.0, status=1),
        ResetCar.Request(start_fraction=0.5, seed=2**64 - 1),
        LoadModel.Response(success=True, model="m", load_time=0.5),
        SetMode.Response(success=False, message="no", mode=1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_survive_the_wire(message):
    assert deserialize_message(serialize_message(message), type(message)) == message


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_field_is_explained(path):
    """A field or a run of fields stands below a comment; an empty line ends what it explains."""
    assert FILES
    explained = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("---"):
            explained = False
        elif line.startswith("#"):
            explained = True
        else:
            assert explained, f"{path.name}:{number}: no comment explains {line!r}"
