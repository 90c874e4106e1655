#!/usr/bin/env python3
"""Time from a 640x480 camera image to a decision, on one core.

The aim: preprocessing and inference of the slim network within 2 ms at p99 on one quiet core. Run
it with the workspace set up: `python benchmarks/policy_latency.py`.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
from deepracer_core.camera import CameraPreprocessor, Preprocessing
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.new_action_space import grid
from deepracer_core.policy import Policy
from deepracer_core.policy_spec import PolicySpec
from report import Timing, measure, print_machine, print_timings

NETWORKS = {"slim": Preprocessing(width=80, height=60, crop_top=15), "classic": Preprocessing()}
AIM = 2e-3  # [s], p99 of the slim network


def image_and_jpeg() -> tuple[np.ndarray, bytes]:
    """A 640x480 picture with soft colours and noise, plain and as a camera sends it."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = cv2.resize(coarse, (640, 480)).astype(int) + random.integers(-10, 11, (480, 640, 3))
    image = np.clip(soft, 0, 255).astype(np.uint8)
    return image, cv2.imencode(".jpg", image)[1].tobytes()


def rows(name: str, spec: Preprocessing) -> list[tuple[str, Timing]]:
    """Timings of preprocessing alone and of whole decisions."""
    metadata = ModelMetadata(grid())
    policy = Policy.load(untrained_policy(PolicySpec("benchmark", spec, metadata), name))
    camera = CameraPreprocessor(spec)
    image, jpeg = image_and_jpeg()
    size = f"{name} {spec.width}x{spec.height - spec.crop_top}"
    return [
        (f"{size}: preprocessing, rgb8", measure(lambda: camera.process(image))),
        (f"{size}: decision, rgb8", measure(lambda: policy.decide(image))),
        (f"{size}: decision, sampled", measure(lambda: policy.decide(image, sample=True))),
        (f"{size}: decision, jpeg", measure(lambda: policy.decide(jpeg, encoding="jpeg"))),
    ]


def main() -> None:
    """Measure both networks on one core and print the table."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    print_machine("numpy", "onnxruntime", "opencv-python-headless")
    table = [row for name, spec in NETWORKS.items() for row in rows(name, spec)]
    print_timings(table)
    reached = min(dict(table)["slim 80x45: decision, rgb8"].p99)
    print(f"\nslim, quietest round: p99 {reached * 1e3:.2f} ms; the aim is {AIM * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
