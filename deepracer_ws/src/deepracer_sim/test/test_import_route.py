"""Route files of AWS DeepRacer become tracks that all launch files find by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.track.definition import find_definition, load_definition
from deepracer_core.track.from_route import import_route
from deepracer_core.track.track import Track
from deepracer_sim.cli.import_route import main
from env_samples import DEFINITION, TRACK

ROUTES = Path(__file__).parents[5] / "shared" / "tracks" / "routes"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DEEPRACER_WORLDS", raising=False)
    return tmp_path


def route_file(folder: Path, track: Track, name: str = "My track.npy") -> Path:
    np.save(folder / name, np.hstack((track.centre, track.inner, track.outer)))
    return folder / name


def test_a_route_becomes_the_track_that_it_was_made_of(tmp_path):
    found = import_route(route_file(tmp_path, TRACK), DEFINITION)
    assert found.definition.name == "My_track"
    assert found.definition.width == pytest.approx(DEFINITION.width, abs=0.002)
    np.testing.assert_array_equal(found.definition.centre_line, DEFINITION.centre_line)
    assert found.deviation < 0.007
    assert found.definition.colours == DEFINITION.colours


def test_its_direction_is_kept(tmp_path):
    found = import_route(route_file(tmp_path, TRACK.reversed()), DEFINITION)
    assert not Track.from_definition(found.definition).is_counterclockwise
    assert found.deviation < 0.007


def test_the_command_adds_it_to_the_users_worlds(tmp_path, capsys):
    assert main([str(route_file(tmp_path, TRACK)), "--name", "mine"]) == 0
    told = capsys.readouterr().out
    assert "mine: 17.70 m, counter-clockwise, 0.762 m wide, 119 points" in told
    assert "DEEPRACER_WORLDS" not in told
    definition = find_definition("mine")
    assert definition.length == pytest.approx(DEFINITION.length)
    assert (tmp_path / ".deepracer" / "worlds" / "mine" / "track.yaml").is_file()


def test_what_is_there_is_replaced_only_if_told(tmp_path, capsys):
    path = str(route_file(tmp_path, TRACK))
    arguments = [path, "--folder", str(tmp_path / "worlds")]
    assert main(arguments) == 0
    assert f"export DEEPRACER_WORLDS={tmp_path / 'worlds'}" in capsys.readouterr().out
    assert main([*arguments, "--width", "0.9"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*arguments, "--width", "0.9", "--replace"]) == 0
    assert load_definition(tmp_path / "worlds" / "My_track" / "track.yaml").width == 0.9
    assert "off by up to 0.07 m" in capsys.readouterr().out


def test_what_is_no_route_is_refused(tmp_path, capsys):
    (tmp_path / "text.npy").write_text("no route")
    assert main([str(tmp_path / "text.npy")]) == 1
    assert "not a NumPy .npy file" in capsys.readouterr().err
    assert main([str(tmp_path / "missing.npy")]) == 1
    route = str(route_file(tmp_path, TRACK))
    assert main([route, "--width", "9"]) == 1
    assert "as a road of one width" in capsys.readouterr().err
    assert main([route, route, "--name", "both"]) == 2
    assert main([route, "--name", "a/b"]) == 1
    assert not (tmp_path / ".deepracer").exists()


@pytest.mark.skipif(not ROUTES.is_dir(), reason="the route files of AWS are not at hand")
def test_routes_of_aws_keep_their_borders(capsys):
    files = sorted(ROUTES.glob("*.npy"))
    assert main(list(map(str, files))) == 0
    assert "off by" not in capsys.readouterr().out
    for path in files:
        definition, route = find_definition(path.stem), Track.from_route(path)
        assert definition.length == pytest.approx(route.length)
        assert definition.closed == route.closed


def test_an_open_track_stays_open(tmp_path):
    straight = replace(
        DEFINITION,
        name="straight",
        closed=False,
        centre_line=np.column_stack((np.linspace(1.0, 5.0, 9), np.full(9, 2.0))),
    )
    track = Track.from_definition(straight)
    found = import_route(route_file(tmp_path, track, "straight.npy"), DEFINITION)
    assert not found.definition.closed
    assert found.deviation < 1e-6
