"""The names of models: 1 to 64 letters, digits and hyphens (guide, DRoA)."""

from __future__ import annotations

import re

from deepracer_core.errors import BundleError

MAX_LENGTH = 64

_FOREIGN = re.compile(r"[^A-Za-z0-9-]")


def check_model_name(name: str) -> str:
    """Return `name` if it may be the name of a model.

    Raises:
        BundleError: it is empty, too long, or holds a character that is not allowed.
    """
    if not 1 <= len(name) <= MAX_LENGTH:
        raise BundleError(
            f"model name {name[:MAX_LENGTH]!a} has {len(name)} characters; use 1 to {MAX_LENGTH}"
        )
    foreign = _FOREIGN.search(name)
    if foreign:
        raise BundleError(
            f"model name {name!a} holds {foreign[0]!a}; use letters a-z A-Z, digits and hyphens"
        )
    return name
