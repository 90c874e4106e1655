"""The reward functions that come with the stack, for users to choose, read and copy."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from deepracer_core.errors import ConfigError

_FOLDER = Path(__file__).parent / "examples"

# In the order in which a beginner meets them.
_NAMES = (
    "guide_basic",
    "guide_advanced",
    "centre_line",
    "inside_borders",
    "no_zig_zag",
    "object_avoidance",
    "swift_and_centred",
)


@dataclass(frozen=True)
class ReadyMade:
    """A reward function that comes with the stack.

    Attributes:
        name: Name to choose it by.
        description: What it does, one sentence.
        path: The file.
    """

    name: str
    description: str
    path: Path


def ready_made() -> list[ReadyMade]:
    """The guide's basic and advanced functions, the four of the developer guide, and ours."""
    return [ReadyMade(name, _description(path), path) for name, path in _files()]


def reward_path(reward: str | Path) -> Path:
    """The file of a reward function: of a ready-made one by its name, or the file itself.

    Raises:
        ConfigError: it is neither.
    """
    paths = {name: str(path) for name, path in _files()}
    if str(reward) not in paths and Path(reward).suffix != ".py":
        raise ConfigError(
            f"reward {str(reward)!r}: name a Python file or one of {', '.join(paths)}"
        )
    return Path(paths.get(str(reward), reward)).expanduser()


def _files() -> list[tuple[str, Path]]:
    return [(name, _FOLDER / f"{name}.py") for name in _NAMES]


def _description(path: Path) -> str:
    """The first paragraph of the file's docstring; these files are ours, so parsing is safe."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ")
