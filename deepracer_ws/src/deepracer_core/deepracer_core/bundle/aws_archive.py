"""Archives of AWS DeepRacer: read, with the network converted to policy.onnx, and written.

| where it comes from | network | beside it |
|---|---|---|
| physical model of the console, DRfC's and DRoA's car archive | `agent/model.pb` or `model.pb` | `model_metadata.json` |
| virtual model: the folder of a training in S3 | `model/model_<n>.pb`, one for each checkpoint kept; `model/deepracer_checkpoints.json` names the best | `model_metadata.json`, `reward_function.py`, `hyperparameters.json`, traces, TensorFlow's checkpoints |

All may lie in a folder of the model's name. Only the files named here are read, into memory, under
the limits of `archive`; others are passed over and never reach the disk. TensorFlow's checkpoints
are not read: simapp writes a frozen graph beside each.
"""  # noqa: E501 - a table

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from deepracer_core import strict_json
from deepracer_core.bundle.archive import pack, read_archive
from deepracer_core.bundle.layout import (
    HYPERPARAMETERS,
    MAX_FILES,
    MODEL_CARD,
    MODEL_METADATA,
    POLICY,
    REWARD_FUNCTION,
    check_path,
    find_rule,
)
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.tar import Member
from deepracer_core.errors import (
    BundleError,
    FrozenGraphError,
    JsonError,
    ModelMetadataError,
    PolicyError,
)
from deepracer_core.frozen_graph.from_onnx import to_frozen_graph
from deepracer_core.frozen_graph.graph import MAX_BYTES
from deepracer_core.frozen_graph.to_onnx import to_policy
from deepracer_core.model_metadata import ModelMetadata

CAR_GRAPH = "agent/model.pb"
CHECKPOINTS = "deepracer_checkpoints.json"

_CAR_GRAPHS = (CAR_GRAPH, "model.pb")
_TRAINING_GRAPH = re.compile(r"model_(\d{1,9})\.pb")
_MAX_SMALL_BYTES = 1024 * 1024

_CARD = """# {name}

Imported from the AWS DeepRacer archive `{archive}`, network `{graph}`, converted to `{policy}`.

It drives; it cannot be trained further, since the archive's checkpoints are TensorFlow's.
"""


def list_files(archive: Path) -> list[str]:
    """Paths of the files in an archive of whatever layout.

    Raises:
        BundleError: it is damaged or hostile.
    """
    found: list[str] = []

    def take(member: Member, _content: Iterator[bytes]) -> None:
        check_path(member.path)
        found.append(member.path)
        if len(found) > MAX_FILES:
            raise BundleError(f"the archive holds more than {MAX_FILES} files; pack only the model")

    read_archive(archive, take)
    return found


def holds_frozen_graph(paths: Sequence[str]) -> bool:
    """Whether an archive of these files is one of AWS DeepRacer."""
    return any(path.endswith(".pb") for path in paths)


def read_aws_archive(archive: Path, paths: Sequence[str], name: str) -> dict[str, bytes]:
    """The files of a model bundle, from an archive of AWS DeepRacer.

    Args:
        archive: The file.
        paths: What `list_files` found in it.
        name: Of the model that it becomes.

    Raises:
        BundleError: a file is missing, malformed or too large, or the network cannot be converted.
    """
    small = {
        wanted: path
        for wanted in (MODEL_METADATA, REWARD_FUNCTION, HYPERPARAMETERS, CHECKPOINTS)
        if (path := _shallowest(paths, wanted))
    }
    if MODEL_METADATA not in small:
        raise BundleError(f"the archive lacks {MODEL_METADATA}; export the model again")
    content = _read(archive, dict.fromkeys(small.values(), _MAX_SMALL_BYTES))
    graph = choose_graph(paths, content.get(small.get(CHECKPOINTS, "")))
    files = {wanted: content[path] for wanted, path in small.items() if find_rule(wanted)}
    data = _read(archive, {graph: MAX_BYTES})[graph]
    try:
        metadata = ModelMetadata.from_json(files[MODEL_METADATA])
        files[POLICY] = to_policy(data, metadata, name)
    except ModelMetadataError as error:
        raise BundleError(f"{small[MODEL_METADATA]}: {error}") from error
    except (FrozenGraphError, PolicyError) as error:
        raise BundleError(f"{graph}: {error}") from error
    card = _CARD.format(name=name, archive=archive.name, graph=graph, policy=POLICY)
    return {**files, MODEL_CARD: card.encode()}


def choose_graph(paths: Sequence[str], checkpoints: bytes | None) -> str:
    """The network of a car's archive; of a training the best one if that is known, or the last.

    Args:
        paths: Of all files.
        checkpoints: Content of deepracer_checkpoints.json, if there is one.

    Raises:
        BundleError: none is where AWS DeepRacer puts it.
    """
    for wanted in _CAR_GRAPHS:
        if path := _shallowest(paths, wanted):
            return path
    numbered = {
        int(match[1]): path
        for path in paths
        if (match := _TRAINING_GRAPH.fullmatch(PurePosixPath(path).name))
    }
    if not numbered:
        graphs = [path for path in paths if path.endswith(".pb")]
        raise BundleError(
            f"none of {graphs[:5]} is where AWS DeepRacer puts a network; "
            f"pack it as {CAR_GRAPH} beside {MODEL_METADATA}"
        )
    best = _best_checkpoint(checkpoints) if checkpoints else None
    return numbered[best if best in numbered else max(numbered)]


def export_for_aws_car(bundle: ModelBundle, destination: Path) -> None:
    """Write the `.tar.gz` that the software of the AWS car loads, atomically.

    Raises:
        BundleError: the model has no policy, or one that this software cannot drive by.
        StorageError: the archive cannot be written.
    """
    try:
        graph = to_frozen_graph(bundle.read_policy())
    except (FrozenGraphError, PolicyError) as error:
        raise BundleError(f"model {bundle.name}: {error}") from error
    with tempfile.NamedTemporaryFile(suffix=".pb") as file:
        file.write(graph)
        file.flush()
        metadata = bundle.path / MODEL_METADATA
        pack({MODEL_METADATA: metadata, CAR_GRAPH: Path(file.name)}, destination)


def _shallowest(paths: Sequence[str], wanted: str) -> str | None:
    """The path of least depth that ends with `wanted`."""
    found = [path for path in paths if f"/{path}".endswith(f"/{wanted}")]
    return min(found, key=lambda path: path.count("/"), default=None)


def _read(archive: Path, limits: dict[str, int]) -> dict[str, bytes]:
    """The content of some files, none longer than its limit [bytes]."""
    found: dict[str, bytes] = {}

    def take(member: Member, content: Iterator[bytes]) -> None:
        if member.path not in limits:
            return
        if member.path in found:
            raise BundleError(f"{member.path} is in the archive twice; pack each file once")
        if member.size > limits[member.path]:
            raise BundleError(
                f"{member.path} has {member.size} bytes, "
                f"more than the {limits[member.path]} allowed"
            )
        found[member.path] = b"".join(content)

    read_archive(archive, take)
    return found


def _best_checkpoint(data: bytes) -> int | None:
    """Number of the best one, from a name such as `12_Step-3456.ckpt`; None if it is not told."""
    try:
        document = strict_json.loads(data)
    except JsonError as error:
        raise BundleError(f"{CHECKPOINTS}: {error}") from error
    best = document.get("best_checkpoint") if isinstance(document, dict) else None
    name = best.get("name") if isinstance(best, dict) else None
    match = re.match(r"(\d{1,9})_", name) if isinstance(name, str) else None
    return int(match[1]) if match else None
