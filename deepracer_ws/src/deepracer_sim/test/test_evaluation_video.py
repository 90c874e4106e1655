"""Videos: of an evaluation, of a camera's pictures with saliency, and the files themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from deepracer_core.action_space import ContinuousActionSpace
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.decision import decide
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import StorageError
from deepracer_core.new_action_space import grid
from deepracer_core.sim_trace import TraceRow
from deepracer_core.trace_file import TraceWriter, evaluation_trace_path, read_trace
from deepracer_sim.cli import plot_evaluation
from deepracer_sim.cli import saliency as saliency_command
from deepracer_sim.evaluation import dashboard as dashboard_module
from deepracer_sim.evaluation import video
from deepracer_sim.evaluation.dashboard import CAMERA, CHOICE, HEIGHT, TOP, WIDTH, Dashboard, Scene
from deepracer_sim.evaluation.video import RATE, VIDEO, make_video
from deepracer_sim.h264 import read_video, video_writer
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.worlds import DEFAULT_TRACK, find_track
from rails_samples import on_rails
from untrained import create_untrained


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> ModelBundle:
    return create_untrained(ModelStore(tmp_path_factory.mktemp("models")), "untrained")


@pytest.fixture(autouse=True)
def short_ends(monkeypatch) -> None:
    monkeypatch.setattr(video, "END_PICTURES", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    ending = EpisodeStatus.OFF_TRACK
    return on_rails(tmp_path_factory.mktemp("video"), ending, ending, steps=4)


def part(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, width, height = box
    return picture[top : top + height, left : left + width].astype(int)


def test_a_video_holds_the_pictures_that_were_put_into_it(tmp_path):
    shades = [np.full((90, 160, 3), 25 * number, np.uint8) for number in range(8)]
    with video_writer(tmp_path / "shades.mp4", Fraction(15)) as show:
        for shade in shades:
            show(shade)
    rate, pictures = read_video(tmp_path / "shades.mp4")
    assert rate == 15
    found = list(pictures)
    assert len(found) == len(shades)
    for shade, picture in zip(shades, found):
        assert picture.shape == shade.shape
        assert np.abs(picture.astype(int) - shade).max() <= 6


def test_a_video_that_was_not_finished_is_not_there(tmp_path):
    def fail() -> None:
        with video_writer(tmp_path / "half.mp4", Fraction(15)) as show:
            show(np.zeros((90, 160, 3), np.uint8))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no video", None])
def test_what_is_no_video_is_told(tmp_path, content):
    path = tmp_path / "video.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match="cannot read"):
        list(read_video(path)[1])


def test_the_video_of_an_evaluation_shows_each_moment(folder, model):
    said = []
    film = make_video(folder, model, show_saliency=True, tell=said.append)
    assert film.pictures == 8
    assert film.agreement == 0.0  # nobody drove: the trace says 10 degrees
    assert said == ["video: lap 1 of 2", "video: lap 2 of 2"]
    rate, pictures = read_video(folder / VIDEO)
    assert rate == RATE
    found = list(pictures)
    assert {picture.shape for picture in found} == {(HEIGHT, WIDTH, 3)}
    assert len(found) == film.pictures + 2 * 2  # the last moment of each lap stays for a while
    first, later = (part(found[index], TOP) for index in (0, 3))
    moved = np.abs(first - later).max(axis=2) > 60
    assert 20 < moved.sum() < 5000  # the car and its way, not the track
    assert part(found[0], CAMERA).std() > 10


def test_obstacles_are_seen_by_the_camera_and_from_above(tmp_path, model):
    """A box stands 3 m ahead of the start, to the left, in the second folder only."""
    pictures = []
    for name, obstacles in (("free", None), ("box", ObjectPlan(count=1, positions=("0.17,1",)))):
        folder = on_rails(
            tmp_path / name,
            EpisodeStatus.OFF_TRACK,
            steps=2,
            engine="mujoco",
            obstacles=obstacles,
        )
        make_video(folder, model)
        pictures.append(next(iter(read_video(folder / VIDEO)[1])))
    free, box = pictures
    camera = np.abs(part(free, CAMERA) - part(box, CAMERA)).max(axis=2) > 30
    rows, columns = np.nonzero(camera)
    assert 200 < len(rows) < 50_000
    assert columns.max() < CAMERA[2] * 0.6
    top = np.abs(part(free, TOP) - part(box, TOP)).max(axis=2) > 30
    assert 50 < top.sum() < 2000


def test_a_share_of_the_lap_is_cut_to_whole_percents_as_in_the_table(monkeypatch):
    written = []
    monkeypatch.setattr(dashboard_module, "_write", lambda _, text, *rest: written.append(text))
    camera = np.zeros((120, 160, 3), np.uint8)
    Dashboard("", grid(), None).draw(Scene(camera, "", 0.0, 1.0, 0.0, progress=27.9))
    assert "27 %" in written


def test_agreement_counts_moments_in_which_the_policy_decides_as_it_did(tmp_path, model):
    """The trace gets what the policy decides on the pictures at these places."""
    folder = on_rails(tmp_path, EpisodeStatus.OFF_TRACK, steps=4)
    from deepracer_core.policy import Policy
    from deepracer_sim.engine import ImageSpec
    from deepracer_sim.engine_factory import make_engine
    from deepracer_sim.evaluation.video import base_pose, look
    from deepracer_sim.vehicle_profile import load_profile

    engine = make_engine("planar", find_track(DEFAULT_TRACK), load_profile(), 1, ImageSpec())
    policy = Policy.load(model)
    path = evaluation_trace_path(folder)
    rows = read_trace(path)
    told: list[TraceRow] = []
    for index, row in enumerate(rows):
        decision = policy.decide(look(engine, base_pose(row)))
        action = decision.action if index != 2 else (decision.action + 1) % 10
        told.append(TraceRow(**{**row.__dict__, "action": action}))
    with TraceWriter(path) as writer:
        writer.append(told)
    assert make_video(folder, model).agreement == 0.75


def test_the_dashboard_shows_the_likeliest_action_and_does_without_what_is_unknown():
    space = grid()
    dashboard = Dashboard("title", space, None)
    camera = np.zeros((120, 160, 3), np.uint8)
    shares = np.full(len(space), 0.5 / (len(space) - 1), np.float32)
    shares[3] = 0.5
    bare = dashboard.draw(Scene(camera, "", 0.0, 1.0, 0.0))
    shown = dashboard.draw(Scene(camera, "", 0.0, 1.0, 0.0, decision=decide(shares, space)))
    orange = (np.abs(part(shown, CHOICE) - (255, 153, 0)).max(axis=2) < 10).any(axis=0)
    columns = np.flatnonzero(orange)
    step = (CHOICE[2] - 24) / len(space)
    assert 12 + 3 * step <= columns.min() <= columns.max() <= 12 + 4 * step
    assert not (np.abs(part(bare, CHOICE) - (255, 153, 0)).max(axis=2) < 10).any()


def test_bells_stand_where_the_means_are():
    space = ContinuousActionSpace(-0.5, 0.5, 0.5, 2.0)
    dashboard = Dashboard("title", space, find_track(DEFAULT_TRACK))
    camera = np.zeros((120, 160, 3), np.uint8)
    decision = decide(np.array([0.5, -0.5, 0.2, 0.2], np.float32), space)
    shown = dashboard.draw(Scene(camera, "", 0.25, 0.9, 0.0, decision=decision))
    orange = (np.abs(part(shown, CHOICE) - (255, 153, 0)).max(axis=2) < 10).any(axis=0)
    marks = np.flatnonzero(orange)
    half = (CHOICE[2] - 36) / 2
    left = marks[marks < CHOICE[2] / 2].mean() - 12
    right = marks[marks > CHOICE[2] / 2].mean() - 24 - half
    assert left == pytest.approx(0.25 * half, abs=4)  # to the left, which is on the left
    assert right == pytest.approx(0.25 * half, abs=4)  # slow


def test_the_commands(folder, model, tmp_path, capsys):
    arguments = [str(folder), "--video", "--model", str(model.path)]
    assert plot_evaluation.main(arguments) == 0
    assert "8 moments; in 0.0% of them" in capsys.readouterr().out
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "one.png"), image)
    with video_writer(tmp_path / "two.mp4", Fraction(15)) as show:
        for _ in range(3):
            show(image)
    files = [str(tmp_path / name) for name in ("one.png", "two.mp4")]
    assert saliency_command.main([str(model.path), *files]) == 0
    assert cv2.imread(str(tmp_path / "one.saliency.png")).shape == (480, 1280, 3)
    _, pictures = read_video(tmp_path / "two.saliency.mp4")
    assert [picture.shape for picture in pictures] == [(480, 1280, 3)] * 3


@pytest.mark.parametrize(
    ("file", "message"), [("none.png", "cannot read"), ("text.png", "is no picture")]
)
def test_saliency_tells_what_it_cannot_read(model, tmp_path, capsys, file, message):
    (tmp_path / "text.png").write_text("text")
    assert saliency_command.main([str(model.path), str(tmp_path / file)]) == 1
    assert message in capsys.readouterr().err
