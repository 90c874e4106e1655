"""Brings models in and out as one file: `ros2 run deepracer_drive import_model` and `export_model`.

The same commands are executables of `deepracer_sim`, for who trains and has no car.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.bundle.archive import SUFFIX
from deepracer_core.bundle.aws_archive import export_for_aws_car
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.errors import ConfigError, DeepRacerError

from deepracer_drive.models import open_store

WHOLE, OUR_CAR, AWS_CAR = "whole", "car", "aws-car"


def import_model(arguments: Sequence[str] | None = None) -> int:
    """Make a model from an archive of this stack or of AWS DeepRacer; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="import_model",
        description="Make a model from a .tar.gz: one of export_model, or one of AWS DeepRacer "
        "(physical or virtual model), whose network is converted. The archive may come from "
        "strangers: it is checked, and the network is first run in a process of its own.",
    )
    parser.add_argument("archive", type=Path, help="the .tar.gz")
    parser.add_argument("--name", help="of the model (that of the file)")
    parser.add_argument("--replace", action="store_true", help="replace a model of this name")
    options = parser.parse_args(arguments)
    try:
        bundle = open_store().import_archive(options.archive, options.name, replace=options.replace)
        print(f"{bundle.path}: {_describe(bundle)}")
    except DeepRacerError as error:
        print(f"import_model: {error}", file=sys.stderr)
        return 1
    return 0


def export_model(arguments: Sequence[str] | None = None) -> int:
    """Write a model as an archive; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="export_model",
        description="Write a model as one .tar.gz: whole, as this stack's car needs it (car: "
        "agent/policy.onnx), or for the software of AWS on its car (aws-car: agent/model.pb).",
    )
    parser.add_argument("model", help="its name, or its folder")
    parser.add_argument("--target", choices=[WHOLE, OUR_CAR, AWS_CAR], default=WHOLE)
    parser.add_argument("--output", type=Path, help="file to write (NAME.tar.gz, right here)")
    options = parser.parse_args(arguments)
    try:
        bundle = open_store().find(options.model)
        output = options.output or Path(f"{bundle.name}{SUFFIX}")
        if not output.name.endswith(SUFFIX):
            raise ConfigError(f"--output {output}: use a name in {SUFFIX}")
        if options.target == AWS_CAR:
            export_for_aws_car(bundle, output)
        else:
            bundle.export(output, for_car=options.target == OUR_CAR)
        print(f"{output}: {output.stat().st_size / 1e6:.1f} MB")
    except DeepRacerError as error:
        print(f"export_model: {error}", file=sys.stderr)
        return 1
    return 0


def _describe(bundle: ModelBundle) -> str:
    metadata = bundle.read_metadata()
    space = metadata.action_space
    kind = f"{len(space)} actions" if isinstance(space, DiscreteActionSpace) else "continuous"
    drives = "ready to drive" if bundle.has_policy else "without a policy yet"
    return f"{kind}, {', '.join(metadata.sensors)}, {drives}"


def main_import() -> None:
    """Run the command `import_model`."""
    sys.exit(import_model())


def main_export() -> None:
    """Run the command `export_model`."""
    sys.exit(export_model())
