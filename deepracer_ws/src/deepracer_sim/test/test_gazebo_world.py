"""Worlds for gz-sim: the committed one is up to date, a parser accepts them, they look right."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import cv2
import gazebo_samples as samples
import mujoco
import numpy as np
import pytest
from deepracer_core.errors import SimulationError, StorageError
from deepracer_core.track.definition import save_definition
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.cli import build_world as command
from deepracer_sim.engine import ImageSpec
from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.track_model import SCREEN_HEIGHT, WALL_THICKNESS
from deepracer_sim.gazebo.world import build_world
from deepracer_sim.gazebo.world_files import (
    CAR_MODEL,
    car_description,
    find_world,
    resource_paths,
)
from deepracer_sim.ground import ground_image
from deepracer_sim.mujoco_engine.camera_pose import camera_shots
from deepracer_sim.mujoco_engine.offscreen import Offscreen, choose_backend
from deepracer_sim.mujoco_engine.stage import FAR, NEAR
from deepracer_sim.palettes import Palette
from deepracer_sim.vehicle_profile import load_profile, profile_names
from mujoco_samples import make_engine, put
from picture_samples import STRAIGHT, TRACK, conditions, places, with_field

SMALL = with_field(STRAIGHT, -0.5, -0.8, 6.5, 0.7)
SHIPPED = samples.WORLDS / "reinvent_2018.sdf"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Worlds of the shipped track and of another, built in one folder."""
    folder = tmp_path_factory.mktemp("worlds")
    for track in (TRACK, SMALL):
        build_world(track, samples.CAR_XACRO, load_profile(), folder)
    return folder


@pytest.fixture(scope="module")
def world():
    return ET.parse(SHIPPED).getroot().find("world")


@pytest.fixture(scope="module")
def track_model(built):
    return ET.parse(built / "models/track_reinvent_2018/model.sdf").getroot().find("model")


def files(folder):
    models = ("racecar", "track_reinvent_2018")
    found = [path for name in models for path in (folder / "models" / name).rglob("*")]
    found.append(folder / "reinvent_2018.sdf")
    return {str(path.relative_to(folder)): path for path in found if path.is_file()}


def test_the_committed_world_is_what_build_world_writes(built):
    committed, fresh = files(samples.WORLDS), files(built)
    assert set(committed) == set(fresh)
    for name, path in fresh.items():
        if name.endswith(".png"):  # compression and rounding may change with a library
            ours, theirs = (
                cv2.imread(str(picture), cv2.IMREAD_UNCHANGED).astype(int)
                for picture in (path, committed[name])
            )
            np.testing.assert_allclose(ours, theirs, atol=1)
        else:
            repair = "run: ros2 run deepracer_sim build_world --output worlds"
            assert path.read_text() == committed[name].read_text(), repair


def test_committed_files_are_small():
    assert sum(path.stat().st_size for path in files(samples.WORLDS).values()) < 300_000


@pytest.mark.parametrize("name", ["reinvent_2018.sdf", "straight.sdf"])
def test_the_parser_accepts_worlds_and_the_models_in_them(built, name):
    assert "Valid." in samples.check_sdf(built / name, built / "models")


def test_the_parser_would_have_found_a_mistake(built, tmp_path):
    text = (built / "models" / CAR_MODEL / "model.sdf").read_text()
    broken = tmp_path / "model.sdf"
    broken.write_text(text.replace("<parent>chassis</parent>", "<parent>chasis</parent>", 1))
    with pytest.raises(AssertionError, match="chasis"):
        samples.check_sdf(broken, tmp_path)


def test_a_world_lists_every_system_and_runs_as_fast_as_it_can(world):
    assert world.get("name") == names.WORLD
    systems = {plugin.get("filename"): plugin.get("name") for plugin in world.iter("plugin")}
    assert systems == {
        f"gz-sim-{library}-system": f"gz::sim::systems::{kind}"
        for library, kind in (
            ("physics", "Physics"),
            ("user-commands", "UserCommands"),
            ("scene-broadcaster", "SceneBroadcaster"),
            ("sensors", "Sensors"),
        )
    }
    assert world.findtext("plugin/render_engine") == "ogre2"
    physics = world.find("physics")
    assert physics.findtext("real_time_factor") == "0"
    assert round(float(physics.findtext("max_step_size")) * 1e9) == names.STEP_NANOSECONDS
    assert ET.parse(SHIPPED).getroot().get("version") == "1.9"


def test_car_and_track_are_in_the_world_so_that_a_reset_keeps_them(world):
    assert samples.model_names(world) == {
        names.TRACK: "track_reinvent_2018",
        names.CAR: CAR_MODEL,
    }
    car = next(i for i in world.iter("include") if i.findtext("name") == names.CAR)
    x, y, z, roll, pitch, yaw = map(float, car.findtext("pose").split())
    assert (x, y, yaw) == pytest.approx(TRACK.start_pose, abs=1e-9)
    assert (z, roll, pitch) == (names.SPAWN_HEIGHT, 0, 0)
    assert names.SPAWN_HEIGHT > 0.0


def test_nothing_needs_the_network(built):
    for path in built.rglob("*"):
        if path.suffix in (".sdf", ".config"):
            assert "http" not in path.read_text()


def test_every_uri_is_a_file_in_the_resource_paths(built):
    text = "".join(path.read_text() for path in built.rglob("*.sdf"))
    uris = set(re.findall(r"model://([^<]+)", text))
    assert len(uris) == 12 + 3 + 3  # files of two tracks, meshes of the car, and the models
    for uri in uris:
        package, _, rest = uri.partition("/")
        if package == "deepracer":
            assert (samples.ROOT / rest).is_file()
        else:
            assert (built / "models" / uri).exists()


def test_textures_have_names_and_colours_that_gz_sim_does_not_confuse(built):
    textures = list(built.rglob("*.png"))
    assert len({path.name for path in textures}) == len(textures) == 6
    for path in textures:
        header = path.read_bytes()[:26]
        assert header[24:26] == b"\x08\x02"  # 8 bits, red-green-blue; no palette, no gray


def test_the_track_glows_and_takes_no_light(track_model):
    assert track_model.findtext("static") == "true"
    for visual in track_model.iter("visual"):
        material = visual.find("material")
        for light in ("ambient", "diffuse", "specular"):
            assert material.findtext(light) == "0 0 0 1"
        assert material.findtext("emissive") == "1 1 1 1"
        maps = {material.findtext(f"pbr/metal/{kind}_map") for kind in ("emissive", "albedo")}
        assert len(maps) == 1
        assert visual.findtext("cast_shadows") == "false"


def test_no_shadows(world):
    assert world.findtext("scene/shadows") == "false"
    assert [light.findtext("cast_shadows") for light in world.iter("light")] == ["false"]


def test_walls_stop_the_car_where_the_field_ends(track_model):
    field, height = TRACK.field, TRACK.wall_height
    covered = {}
    for collision in track_model.iter("collision"):
        if collision.find("geometry/box") is None:
            continue
        x, y, z, *_ = map(float, collision.findtext("pose").split())
        length, width, tall = map(float, collision.findtext("geometry/box/size").split())
        edges = (x - length / 2, y - width / 2, x + length / 2, y + width / 2)
        covered[collision.get("name").split("_")[0]] = edges
        assert (z - tall / 2, z + tall / 2) == pytest.approx((0, height))
    assert covered["west"][2] == pytest.approx(field.x_min)
    assert covered["east"][0] == pytest.approx(field.x_max)
    assert covered["south"][3] == pytest.approx(field.y_min)
    assert covered["north"][1] == pytest.approx(field.y_max)
    for edges in covered.values():  # corners are closed, and no car passes in a step
        assert min(edges[2] - edges[0], edges[3] - edges[1]) == pytest.approx(WALL_THICKNESS)
    assert 10 * VEHICLE.max_speed * names.STEP_NANOSECONDS * 1e-9 < WALL_THICKNESS
    assert covered["west"][1] < covered["south"][3]
    assert covered["west"][3] > covered["north"][1]


# ------------------------------------------------------------------------------ what it looks like


def uri_path(folder, uri):
    return folder / "models" / uri.removeprefix("model://")


def wavefront(path):
    """Corners (Q, 4, 3), their places in the picture (Q, 4, 2) and normals (Q, 3) of an OBJ."""
    rows = {"v": [], "vt": [], "vn": [], "f": []}
    for line in path.read_text().splitlines():
        kind, *values = line.split()
        if kind in rows:
            rows[kind].append(values)
    v, vt, vn = (np.array(rows[kind], float) for kind in ("v", "vt", "vn"))
    faces = np.array([[corner.split("/") for corner in face] for face in rows["f"]], int) - 1
    return v[faces[..., 0]], vt[faces[..., 1]], vn[faces[:, 0, 2]]


@pytest.mark.parametrize("name", ["walls", "screens", "ground"])
def test_surfaces_show_their_front_to_the_track(built, name):
    quads, _, normals = wavefront(built / f"models/track_reinvent_2018/meshes/{name}.obj")
    turning = np.cross(quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 1])
    turning /= np.linalg.norm(turning, axis=1, keepdims=True)
    np.testing.assert_allclose(turning, normals, atol=1e-9)
    middle = np.array([*TRACK.centre_line.mean(axis=0), 0.5])
    assert (np.einsum("qi,qi->q", normals, middle - quads.mean(axis=1)) > 0.0).all()


def test_screens_leave_no_gap_above_the_walls(built):
    quads, *_ = wavefront(built / "models/track_reinvent_2018/meshes/screens.obj")
    assert quads[:, :, 2].min() < TRACK.wall_height
    assert quads[:, :, 2].max() == SCREEN_HEIGHT
    assert quads[:, :, 0].min() < TRACK.field.x_min
    assert quads[:, :, 0].max() > TRACK.field.x_max


@pytest.mark.parametrize("track", [TRACK, SMALL], ids=["reinvent_2018", "straight"])
def test_the_ground_carries_the_picture_of_the_other_engines_the_right_way_round(built, track):
    """Each corner of the mesh gets the pixel that `ground_image` has there."""
    model = built / "models" / f"track_{track.name}"
    (corners,), (picture,), _ = wavefront(model / "meshes/ground.obj")
    shown = cv2.imread(str(model / f"textures/track_{track.name}_ground.png"))[:, :, ::-1]
    ground = ground_image(track, Palette.of(track.colours))
    assert shown.shape == ground.image.shape
    low, size = corners.min(axis=0)[:2], np.ptp(corners, axis=0)[:2]
    for corner, (u, v) in zip(corners, picture):
        x, y = (corner[:2] - low) / size
        assert (u, v) == pytest.approx((x, y))
    # v counts from the bottom row of the picture, rows of `ground` from y_min.
    np.testing.assert_array_equal(shown[::-1], ground.image)
    field = track.field
    assert tuple(low) == pytest.approx((field.x_min, field.y_min))
    assert tuple(low + size) == pytest.approx((field.x_max, field.y_max))


def scene_model(built, definition):
    """A MuJoCo model of nothing but the meshes and textures that gz-sim gets."""
    spec = mujoco.MjSpec()
    sdf = ET.parse(built / "models" / f"track_{definition.name}" / "model.sdf")
    for visual in sdf.iter("visual"):
        name = visual.get("name")
        mesh = uri_path(built, visual.findtext("geometry/mesh/uri"))
        spec.add_mesh(
            name=name, file=str(mesh)
        ).inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        texture = uri_path(built, visual.findtext("material/pbr/metal/emissive_map"))
        spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, file=str(texture))
        material = spec.add_material(name=name, emission=1.0, specular=0.0)
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, material=name, contype=0, conaffinity=0
        )
    model = spec.compile()
    headlight = model.vis.headlight
    headlight.ambient[:] = headlight.diffuse[:] = headlight.specular[:] = 0.0
    return model


def photograph(model, shots, image):
    """Pictures of a model, each as a shot says."""
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    offscreen = Offscreen(model, image.width, image.height)
    offscreen.activate()
    scene = mujoco.MjvScene(model, maxgeom=model.ngeom)
    everything, looker = mujoco.MjvOption(), mujoco.MjvCamera()
    kinds = mujoco.mjtCatBit.mjCAT_ALL.value
    mujoco.mjv_updateScene(model, data, everything, None, looker, kinds, scene)
    scene.flags[:] = 0
    scene.flags[mujoco.mjtRndFlag.mjRND_CULL_FACE] = 1
    pictures = []
    for shot in shots:
        for camera in (scene.camera[0], scene.camera[1]):
            camera.pos[:], camera.forward[:], camera.up[:] = shot.position, shot.forward, shot.up
            camera.frustum_near, camera.frustum_far, camera.frustum_center = NEAR, FAR, 0.0
            camera.frustum_top, camera.frustum_bottom = NEAR * shot.top, NEAR * shot.bottom
            camera.orthographic = False
        pictures.append(offscreen.draw(scene)[::-1].copy())
    offscreen.close()
    return np.array(pictures)


def test_it_looks_like_the_world_of_mujoco(built):
    """The files that gz-sim gets, drawn by another reader of OBJ and PNG, at places all around."""
    choose_backend()
    image, poses = ImageSpec(), places(4)
    engine = make_engine(len(poses), image)
    put(engine, poses)
    expected = engine.render().astype(int)
    shots = camera_shots(engine.states, conditions(len(poses)), image)
    engine.close()
    seen = photograph(scene_model(built, TRACK), shots, image)
    difference = np.abs(seen - expected)
    assert difference.mean() < 0.1  # of 255
    assert np.percentile(difference, 99) < 2


# ------------------------------------------------------------------------------ files and command


def test_worlds_are_found_beside_the_users_tracks_first(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_WORLDS", "/nowhere")
    shipped = find_world("reinvent_2018")
    assert shipped.is_file()
    assert car_description().is_file()
    models, share = resource_paths(shipped)
    assert (models / CAR_MODEL / "model.config").is_file()
    assert (share / "deepracer/urdf/meshes/tyre.stl").is_file()
    own = tmp_path / "reinvent_2018.sdf"
    own.touch()
    monkeypatch.setenv("DEEPRACER_WORLDS", f"/nowhere:{tmp_path}")
    assert find_world("reinvent_2018") == own
    assert resource_paths(own)[0] == tmp_path / "models"


def test_launch_files_of_ros_gz_find_the_models_by_themselves():
    share = car_description().parents[1]
    exports = ET.parse(samples.ROOT / "package.xml").getroot().iterfind("export/gazebo_ros")
    told = [export.get("gazebo_model_path").replace("${prefix}", str(share)) for export in exports]
    needed = resource_paths(share / "worlds" / "reinvent_2018.sdf")
    assert {Path(path).resolve() for path in told} == {path.resolve() for path in needed}


def test_a_track_without_a_world_says_how_to_build_it(monkeypatch):
    monkeypatch.setenv("DEEPRACER_WORLDS", "/nowhere")
    with pytest.raises(SimulationError, match="ros2 run deepracer_sim build_world oval"):
        find_world("oval")


def test_the_command_builds_a_track_of_the_user_where_it_lies(tmp_path, monkeypatch, capsys):
    (tmp_path / "oval").mkdir()
    save_definition(replace(SMALL, name="oval"), tmp_path / "oval" / "track.yaml")
    monkeypatch.setenv("DEEPRACER_WORLDS", f"/nowhere:{tmp_path}")
    command.main(["oval", "--profile", "geometric"])
    assert str(tmp_path / "oval.sdf") in capsys.readouterr().out
    assert find_world("oval") == tmp_path / "oval.sdf"
    command.main(["oval"])  # again, over what is there
    models = sorted(path.name for path in (tmp_path / "models").iterdir())
    assert models == [CAR_MODEL, "track_oval"]


@pytest.mark.parametrize("own", [None, "mine"])
def test_a_track_that_comes_without_a_world_gets_one_of_the_user(tmp_path, monkeypatch, own):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DEEPRACER_WORLDS", raising=False)
    if own:
        monkeypatch.setenv("DEEPRACER_WORLDS", str(tmp_path / own))
    monkeypatch.setattr(command, "find_track", lambda name: replace(SMALL, name=name))
    command.main(["shipped"])
    assert find_world("shipped") == tmp_path / (own or ".deepracer/worlds") / "shipped.sdf"


def test_the_command_says_what_is_wrong(monkeypatch):
    monkeypatch.setenv("DEEPRACER_WORLDS", "/nowhere")
    with pytest.raises(SystemExit, match="track 'nowhere' not found"):
        command.main(["nowhere"])


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(StorageError, match=str(blocked)):
        build_world(SMALL, samples.CAR_XACRO, load_profile(), blocked)


def test_one_world_serves_all_profiles():
    """The world holds of a profile only its friction, and so the shipped one fits them all."""
    assert len({load_profile(name).friction for name in profile_names()}) == 1
