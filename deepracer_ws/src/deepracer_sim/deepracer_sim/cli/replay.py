"""Replays a recording through a model: `ros2 run deepracer_sim replay BAG`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from deepracer_core.errors import ConfigError, DeepRacerError
from deepracer_drive.driver import Driver
from deepracer_drive.models import open_store

from deepracer_sim.recording import Recording
from deepracer_sim.replay import Comparison, replay
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

EQUAL, DIFFERENT, REFUSED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        comparison = _replay(options)
    except DeepRacerError as error:
        print(f"replay: {error}", file=sys.stderr)
        return REFUSED
    enough = comparison.compared > 0 and comparison.share >= options.at_least
    return EQUAL if enough else DIFFERENT


def _replay(options: argparse.Namespace) -> Comparison:
    recording = Recording.read(options.bag)
    driver = Driver(open_store())
    driver.load(options.model or _model_of(recording))
    assert driver.policy is not None
    with ExitStack() as stack:
        watch = {}
        if options.video is not None:
            # takes a moment to load
            from deepracer_sim.recorded_video import recorded_video

            track = find_track(options.track) if recording.odometry else None
            title = f"{driver.model}, {options.bag.name}"
            video = recorded_video(
                options.video, title, driver.policy, track, show_saliency=options.saliency
            )
            watch["watch"] = stack.enter_context(video)
        comparison = replay(recording, driver, **watch)
    _report(comparison, driver.model)
    if options.video is not None:
        print(options.video)
    return comparison


def _model_of(recording: Recording) -> str:
    """Name of the model that drove.

    Raises:
        ConfigError: the recording does not tell.
    """
    for decision in recording.decisions.values():
        return str(decision.model)
    raise ConfigError(f"{recording.path} holds no decisions: tell with --model which model decides")


def _report(comparison: Comparison, model: str) -> None:
    differences = comparison.differences
    print(f"model {model}: {comparison.pictures} pictures, {comparison.compared} with a decision")
    if not comparison.compared:
        print("nothing to compare: the recording holds no decision on one of its pictures")
        return
    equal = comparison.compared - len(differences)
    print(f"equal decisions: {equal} of {comparison.compared} ({comparison.share:.2%})")
    if differences:
        print(f"first difference: {differences[0]}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="replay",
        description="Let a model decide again on the pictures of a recording (record:=true), and "
        "tell how often it decides the same.",
        epilog="Exit code 0: enough decisions are equal; 1: too few are; 2: it cannot be replayed.",
    )
    parser.add_argument("bag", type=Path, help="folder of the recording, rosbag2_<time>")
    parser.add_argument("--model", default="", help="its name or folder (the one that drove)")
    parser.add_argument(
        "--at-least",
        type=_share,
        default=1.0,
        metavar="SHARE",
        help="of decisions that must be equal (%(default)s)",
    )
    parser.add_argument("--video", type=Path, metavar="MP4", help="write a video of the recording")
    parser.add_argument(
        "--saliency", action="store_true", help="the video with what the network looks at"
    )
    parser.add_argument(
        "--track", default=DEFAULT_TRACK, help="to be drawn in the video (%(default)s)"
    )
    return parser


def _share(text: str) -> float:
    share = float(text)
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text}: give a share from 0 to 1")
    return share


if __name__ == "__main__":
    sys.exit(main())
