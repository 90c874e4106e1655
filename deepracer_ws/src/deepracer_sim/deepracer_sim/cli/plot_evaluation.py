"""Draws pictures and video of an evaluation: `ros2 run deepracer_sim plot_evaluation FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deepracer_core.errors import DeepRacerError
from deepracer_drive.models import open_store

from deepracer_sim.evaluation.folder import RESULTS
from deepracer_sim.evaluation.pictures import draw_pictures
from deepracer_sim.evaluation.results import read_results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        for folder in options.folder:
            print("\n".join(map(str, draw_pictures(folder))), flush=True)
            if options.video or options.saliency:
                _film(folder, options.model, show_saliency=options.saliency)
    except DeepRacerError as error:
        print(f"plot_evaluation: {error}", file=sys.stderr)
        return 1
    return 0


def _film(folder: Path, model: str, *, show_saliency: bool) -> None:
    # takes a moment to load
    from deepracer_sim.evaluation.video import make_video

    bundle = open_store().find(model or read_results(folder / RESULTS).model)
    film = make_video(folder, bundle, show_saliency=show_saliency, tell=_say)
    _say(
        f"{film.path}: {film.pictures} moments; in {film.agreement:.1%} of them the model decides "
        "on the picture that was drawn again as it did in the evaluation"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plot_evaluation",
        description="Draw the line that was driven, speed and steering along it, and the rewards, "
        "as PNGs into the folder of an evaluation; and a video, if asked for.",
    )
    parser.add_argument("folder", type=Path, nargs="+", help="of evaluate.launch.py")
    parser.add_argument("--video", action="store_true", help="write video.mp4 too")
    parser.add_argument(
        "--saliency", action="store_true", help="the video, with what the network looks at"
    )
    parser.add_argument("--model", default="", help="name or folder (as results.json has it)")
    return parser


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
