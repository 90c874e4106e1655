"""The files that a model bundle may hold, how large each may be, and how large all together.

Whatever is received is held against this list: a file that it does not name is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deepracer_core.errors import BundleError

MODEL_METADATA = "model_metadata.json"
POLICY = "policy.onnx"
REWARD_FUNCTION = "reward_function.py"
HYPERPARAMETERS = "hyperparameters.json"
MODEL_CARD = "model_card.md"

# Where the network is in an archive for cars, as in those of AWS (stock car: agent/model.pb).
ARCHIVED_POLICY = f"agent/{POLICY}"

_KIB = 1024
_MIB = 1024 * _KIB

# The classic network is 23 MB; AWS imports models of up to 1 GB (devguide).
MAX_POLICY_BYTES = 64 * _MIB
MAX_TOTAL_BYTES = 1024 * _MIB
MAX_FILES = 4096

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


@dataclass(frozen=True)
class FileRule:
    """Files of one kind.

    Attributes:
        pattern: Path inside the bundle; `*` is a name of letters, digits, `.`, `_` and `-`.
        max_bytes: Largest size of one such file.
        cloned: Whether a clone of the model starts with it: what was decided is kept, what was
            measured is not.
    """

    pattern: str
    max_bytes: int
    cloned: bool = False

    def matches(self, path: str) -> bool:
        """Whether this rule is about `path`."""
        return re.fullmatch(re.escape(self.pattern).replace(r"\*", _NAME), path) is not None


FILE_RULES = (
    FileRule(MODEL_METADATA, _MIB, cloned=True),
    FileRule(POLICY, MAX_POLICY_BYTES, cloned=True),
    FileRule(REWARD_FUNCTION, _MIB, cloned=True),
    FileRule(HYPERPARAMETERS, _MIB, cloned=True),
    FileRule("training_params.yaml", _MIB, cloned=True),
    FileRule("checkpoints/*.json", _MIB, cloned=True),
    FileRule("checkpoints/*.safetensors", 256 * _MIB, cloned=True),
    FileRule("checkpoints/*/*.json", _MIB, cloned=True),
    FileRule("checkpoints/*/*.safetensors", 256 * _MIB, cloned=True),
    FileRule("training_metrics.json", 64 * _MIB),
    FileRule("training-simtrace/*.csv", 64 * _MIB),
    # One folder for each evaluation, where deepracer-utils looks for it (DRfC); videos stay behind.
    FileRule("evaluation-*/*.json", 64 * _MIB),
    FileRule("evaluation-*/evaluation-simtrace/*.csv", 64 * _MIB),
    FileRule("evaluation-*/*.txt", _MIB),
    FileRule("evaluation-*/*.png", 16 * _MIB),
    FileRule(MODEL_CARD, _MIB),
    FileRule("training.png", 16 * _MIB),
)


def find_rule(path: str) -> FileRule | None:
    """The rule for the file `path` (relative, with slashes), None if a bundle has no such file."""
    return next((rule for rule in FILE_RULES if rule.matches(path)), None)


def check_file(path: str, size: int) -> FileRule:
    """Return the rule for a received file of `size` bytes.

    Raises:
        BundleError: the path leads out of the bundle or names no file of one, or it is too large.
    """
    check_path(path)
    if path.endswith(".pb"):
        raise BundleError(
            f"{path} is a frozen TensorFlow graph, which this stack does not run; import the "
            f"archive that AWS DeepRacer made: it is converted to {POLICY}"
        )
    rule = find_rule(path)
    if rule is None:
        known = ", ".join(rule.pattern for rule in FILE_RULES)
        raise BundleError(f"{path!a} is no file of a model; remove it (a model holds {known})")
    if size > rule.max_bytes:
        raise BundleError(f"{path} has {size} bytes, more than the {rule.max_bytes} allowed")
    return rule


def check_path(path: str) -> None:
    """Refuse a path that is not plainly inside the bundle.

    Raises:
        BundleError: it is absolute, goes up, or is written in an ambiguous way.
    """
    if path.startswith("/"):
        raise BundleError(f"{path!a} is an absolute path; pack the files relative to the model")
    parts = path.split("/")
    if ".." in parts:
        raise BundleError(f"{path!a} leads out of the model; pack the files inside it only")
    if "" in parts or "." in parts or not path.isascii() or not path.isprintable() or "\\" in path:
        raise BundleError(f"{path!a} is no plain path; use names of ASCII letters and digits")
