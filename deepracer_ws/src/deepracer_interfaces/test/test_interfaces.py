"""The messages carry what the core defines: same names, same numbers, every field commented."""

import re
from collections.abc import Iterator
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

# A unit in brackets, or the word for a number that has none.
UNIT = re.compile(
    r"\[(m|s|rad|m/s|%)\]|fraction|probability|logarithm|normalised|reward|unit", re.IGNORECASE
)


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


def explanations(path: Path) -> Iterator[tuple[str, str]]:
    """Each field with the comment above it or above its run of fields; an empty line ends both."""
    comment, below_field = "", True
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("---"):
            comment = ""
        elif line.startswith("#"):
            comment = line if below_field else f"{comment} {line}"
        else:
            yield line, comment
        below_field = not line.startswith("#")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_field_is_explained(path):
    assert FILES
    for field, comment in explanations(path):
        assert comment, f"{path.name}: no comment explains {field!r}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_float_has_a_unit_or_is_said_to_have_none(path):
    for field, comment in explanations(path):
        if field.startswith("float"):
            assert UNIT.search(comment), f"{path.name}: which unit has {field!r}?"
            assert "; see " not in comment, f"{path.name}: explain {field!r} where it is"
