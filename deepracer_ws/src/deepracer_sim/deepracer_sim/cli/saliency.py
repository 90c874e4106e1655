"""Shows what a network looks at: `ros2 run deepracer_sim saliency MODEL PICTURE|VIDEO ...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from deepracer_core import atomic
from deepracer_core.camera import Image
from deepracer_core.errors import CameraError, DeepRacerError, StorageError
from deepracer_core.policy import Policy
from deepracer_core.saliency import overlay, saliency
from deepracer_drive.models import open_store

from deepracer_sim.h264 import read_video, video_writer

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
# Cameras' pictures are small: they are shown in a multiple of their size of about this width [px].
_WIDTH = 640


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        policy = Policy.load(open_store().find(options.model))
        for source in options.file:
            is_picture = source.suffix.lower() in PICTURES
            folder = options.output or source.parent
            target = folder / f"{source.stem}.saliency{'.png' if is_picture else '.mp4'}"
            (_draw_picture if is_picture else _draw_video)(policy, source, target)
            print(target, flush=True)
    except DeepRacerError as error:
        print(f"saliency: {error}", file=sys.stderr)
        return 1
    return 0


def look(policy: Policy, picture: Image) -> Image:
    """The camera's picture and, to its right, the same with what the network looks at; enlarged.

    Args:
        policy: It decides on the picture, after those before it.
        picture: (rows, columns, 3) RGB.

    Raises:
        CameraError: the network needs two cameras.
    """
    policy.decide(picture)
    seen = overlay(picture, saliency(policy), policy.spec.preprocessing)
    both = np.hstack((picture, seen))
    factor = max(1, round(_WIDTH / picture.shape[1]))
    shown = cv2.resize(both, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    rows, columns = (size // 2 * 2 for size in shown.shape[:2])
    return np.ascontiguousarray(shown[:rows, :columns], np.uint8)


def _draw_picture(policy: Policy, source: Path, target: Path) -> None:
    try:
        data = np.frombuffer(source.read_bytes(), np.uint8)
    except OSError as error:
        raise StorageError(f"cannot read {source}: {error.strerror}; check the path") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if picture is None:
        raise CameraError(f"{source} is no picture; give a PNG, a JPEG or a video")
    policy.reset()
    _, png = cv2.imencode(".png", look(policy, np.asarray(picture, np.uint8))[:, :, ::-1])
    atomic.write_bytes(target, png.tobytes())


def _draw_video(policy: Policy, source: Path, target: Path) -> None:
    rate, pictures = read_video(source)
    policy.reset()
    with video_writer(target, rate) as show:
        for picture in pictures:
            show(look(policy, picture))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="saliency",
        description="Show what the network of a model looks at: where the decision changes when "
        "details of the camera's picture are lost. Works for any model, also an imported one.",
    )
    parser.add_argument("model", help="its name or folder")
    parser.add_argument("file", type=Path, nargs="+", help="pictures or videos of the camera")
    parser.add_argument("--output", type=Path, help="folder for the results (beside the files)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
