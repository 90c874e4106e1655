"""bootstrap.sh where something is lacking or half done: a message for each lack, and repair.

The machine is imitated by a PATH of its own: links to real tools, and fakes for what is lacking.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = "awk bash cat cut df dirname env grep id mkdir mv rm sed sha256sum tail tee touch tr uname"
# The interpreter itself, not a shim or a virtual environment's link.
PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))


EGL = "libEGL.so.1 libOpenGL.so.0 libEGL_mesa.so.0"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what bootstrap.sh reads before it builds, and an empty PATH folder `bin`."""
    shutil.copy(ROOT / "bootstrap.sh", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for tool in TOOLS.split():
        real = shutil.which(tool, path="/usr/bin:/bin")
        if real:
            (bin_folder / tool).symlink_to(real)
    fake(tmp_path, "ldconfig", f'printf "%s (libc6)\\n" {EGL}')
    return tmp_path


def fake(checkout: Path, name: str, script: str) -> None:
    path = checkout / "bin" / name
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def bash(checkout: Path, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the checkout, with nothing of this process' environment but what is given."""
    return subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=checkout,
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout), **env},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def refused(checkout: Path, script: str = "./bootstrap.sh", **env: str) -> str:
    done = bash(checkout, script, **env)
    assert done.returncode == 1, done
    assert "ERROR" in done.stderr
    return done.stderr


def stock_prefix(checkout: Path, *packages: str) -> Path:
    for package in packages:
        folder = checkout / "opt" / "share" / package
        folder.mkdir(parents=True)
        (folder / "package.xml").touch()
    return checkout / "opt"


def test_unknown_argument_shows_usage(checkout):
    message = refused(checkout, "./bootstrap.sh --fast")
    assert "unknown argument '--fast'" in message
    assert "Usage: ./bootstrap.sh [--car] [--dev]" in message


def test_help_explains_and_changes_nothing(checkout):
    done = bash(checkout, "./bootstrap.sh --help")
    assert done.returncode == 0
    assert "./bootstrap.sh --dev" in done.stdout
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("name", ["my car", "it's", "a:b", "$HOME", "a;b"])
def test_a_path_that_colcon_cannot_stand(checkout, name):
    folder = checkout / name
    folder.mkdir()
    shutil.copy(ROOT / "bootstrap.sh", folder)
    message = refused(checkout, f"bash {shlex.quote(str(folder))}/bootstrap.sh")
    assert f"cannot stand this path: {folder}" in message
    assert "no spaces or special characters" in message


@pytest.mark.parametrize("name", ["plain", "Übung-1_2.3+4"])
def test_other_paths_are_accepted(checkout, name):
    folder = checkout / name
    folder.mkdir()
    shutil.copy(ROOT / "bootstrap.sh", folder)
    fake(checkout, "df", "echo header; echo /dev/sda 100 90 10 90% /")
    assert "only 10 MB free" in refused(checkout, f"bash '{folder}/bootstrap.sh'")


def test_full_disk(checkout):
    fake(checkout, "df", "echo header; echo /dev/sda 100 90 10 90% /")
    assert "only 10 MB free" in refused(checkout)


def test_unsupported_architecture(checkout):
    fake(checkout, "uname", "echo aarch64")
    message = refused(checkout)
    assert "no ROS 2 wheels exist for aarch64" in message
    assert "Install ROS 2" in message


@pytest.mark.parametrize("version", ["(3, 9)", "(3, 14)"])
def test_wrong_python(checkout, version):
    # As Python would: `-c CODE` judges the version, `-V` tells it.
    fake(checkout, "python3", f'[ "$1" = -V ] && echo "Python {version}" || exit 1')
    message = refused(checkout)
    assert "no Python 3.10 to 3.13 found" in message
    assert version in message


def test_usable_python_behind_a_wrong_one_is_found(checkout):
    fake(checkout, "python3", "exit 1")
    (checkout / "bin" / "python3.11").symlink_to(PYTHON)
    done = bash(checkout, "source bootstrap.sh; find_python")
    assert done.stdout.strip() == str(checkout / "bin" / "python3.11")


def test_no_compiler_and_no_right_to_install_one(checkout):
    (checkout / "bin" / "python3").symlink_to(PYTHON)
    fake(checkout, "id", "echo 1000")
    fake(checkout, "sudo", "exit 1")
    message = refused(checkout)
    assert "missing on this machine: g++ make cmake" in message
    assert "Run: sudo apt-get update && sudo apt-get install -y g++ make cmake" in message


def test_missing_tools_are_installed_where_that_is_allowed(checkout):
    fake(checkout, "id", "echo 0")
    fake(checkout, "apt-get", f'echo "$*" >>{checkout}/calls')
    bash(checkout, "source bootstrap.sh; install_system_packages true")
    calls = (checkout / "calls").read_text().splitlines()
    assert calls[0].startswith("update")
    assert calls[1].endswith("g++ make cmake")


@pytest.mark.parametrize("parser", ["ign", "gz"])
def test_a_parser_of_sdf_that_is_there_is_kept(checkout, parser):
    fake(checkout, parser, "exit 0")
    fake(checkout, "apt-get", f'echo "$*" >>{checkout}/calls')
    done = bash(checkout, "source bootstrap.sh; install_sdf_parser")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (checkout / "calls").exists()


def test_a_parser_of_sdf_is_installed_where_that_is_allowed(checkout):
    fake(checkout, "id", "echo 0")
    fake(checkout, "apt-get", f'echo "$*" >>{checkout}/calls')
    assert bash(checkout, "source bootstrap.sh; install_sdf_parser").returncode == 0
    calls = (checkout / "calls").read_text().splitlines()
    assert calls[1].endswith("ignition-tools libsdformat-dev")


@pytest.mark.parametrize("user", ["0", "1000"])
def test_without_a_parser_of_sdf_it_goes_on(checkout, user):
    fake(checkout, "id", f"echo {user}")
    fake(checkout, "sudo", "exit 1")
    fake(checkout, "apt-get", "exit 100")
    done = bash(checkout, "source bootstrap.sh; install_sdf_parser; echo built")
    assert (done.returncode, done.stderr) == (0, "")
    assert "tests skip what needs it" in done.stdout
    assert done.stdout.endswith("built\n")


def test_opengl_without_a_screen_is_needed(checkout):
    fake(checkout, "ldconfig", "")
    fake(checkout, "id", "echo 1000")
    fake(checkout, "sudo", "exit 1")
    for tool in ("g++", "make", "cmake"):
        fake(checkout, tool, "")
    message = refused(checkout, f"source bootstrap.sh; install_system_packages {PYTHON}")
    assert "apt-get install -y libegl1 libopengl0 libegl-mesa0 libgl1-mesa-dri" in message


def test_no_network(checkout):
    for tool in ("g++", "make", "cmake"):
        fake(checkout, tool, "")
    (checkout / "bin" / "python3").symlink_to(PYTHON)
    message = refused(
        checkout, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0", PIP_TIMEOUT="1"
    )
    assert "pip could not install the packages" in message
    assert "Is the network there" in message
    assert not (checkout / ".venv" / "requirements.sha256").exists()


def test_broken_environment_is_made_anew(checkout):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    done = bash(checkout, f"source bootstrap.sh; create_venv {PYTHON}; .venv/bin/python -m pip -V")
    assert done.returncode == 0, done
    assert "the virtual environment is broken" in done.stdout
    assert (checkout / ".venv" / "COLCON_IGNORE").exists()


def fake_installers(checkout: Path, uv: str, pip: str) -> None:
    """Imitate .venv's uv and Python, which note with what they were called and then do this."""
    (checkout / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
    for name, script in (("uv", uv), ("python", pip)):
        program = checkout / ".venv" / "bin" / name
        note = f'case "$*" in *runtime.txt*) echo "{name} $*" >>{checkout}/calls; {script};; esac'
        program.write_text(f"#!/bin/bash\n{note}\n")
        program.chmod(0o755)


def calls(checkout: Path) -> list[str]:
    """Which installers were called since the last time."""
    log = checkout / "calls"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line.split()[0] for line in lines]


def test_finished_installation_is_not_repeated_and_a_failed_one_is(checkout):
    script = "source bootstrap.sh; pip_install runtime.txt"
    fake_installers(checkout, uv="exit 1", pip="exit 1")
    assert "goes on from here" in refused(checkout, script)
    assert calls(checkout) == ["uv", "python"]
    fake_installers(checkout, uv="exit 0", pip="exit 1")
    for called in (["uv"], []):
        assert bash(checkout, script).returncode == 0
        assert calls(checkout) == called
    (checkout / "requirements" / "runtime.txt").write_text("numpy==0\n")
    assert bash(checkout, script).returncode == 0
    assert calls(checkout) == ["uv"]


def test_pip_goes_where_uv_cannot(checkout):
    fake_installers(checkout, uv="exit 1", pip="exit 0")
    assert bash(checkout, "source bootstrap.sh; pip_install runtime.txt").returncode == 0
    assert calls(checkout) == ["uv", "python"]


def test_uv_gets_the_configuration_of_pip(checkout):
    config = checkout / "pip.conf"
    config.write_text(
        "[global]\nindex-url = http://a/simple\nextra-index-url = http://b/simple\n  http://c\n"
        "timeout = 5\n[install]\nconstraint = /x/constraints.txt\n"
    )
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    script = "source bootstrap.sh; uv_options"
    done = bash(checkout, script, PIP_CONFIG_FILE=str(config), PIP_FIND_LINKS="/wheels")
    words = done.stdout.split()
    assert {*zip(words[::2], words[1::2], strict=True)} >= {
        ("--default-index", "http://a/simple"),
        ("--index", "http://b/simple"),
        ("--index", "http://c"),
        ("--constraint", "/x/constraints.txt"),
        ("--find-links", "/wheels"),
    }
    assert "5" not in words


def test_installed_ros_is_used_and_only_what_it_lacks_is_built(checkout):
    prefix = stock_prefix(checkout, "rclpy", "launch_ros", "launch", "ros2cli", "tf2_msgs")
    script = "source bootstrap.sh; stock_ros_prefix; missing_fallbacks"
    found = bash(checkout, script, AMENT_PREFIX_PATH=f"/none:{prefix}").stdout.split()
    assert found == [
        str(prefix),
        "ackermann_msgs",
        "cv_bridge",
        "robot_state_publisher",
        "ros_gz_interfaces",
    ]


@pytest.mark.parametrize(
    ("distro", "is_refused"), [("foxy", True), ("iron", True), ("jazzy", False), ("rolling", False)]
)
def test_an_installed_ros_that_is_too_old_is_refused(checkout, distro, is_refused):
    script = f"source bootstrap.sh; check_distribution; echo {distro} will do"
    done = bash(checkout, script, ROS_DISTRO=distro)
    assert (done.returncode == 1) == is_refused
    assert ("will do" in done.stdout) != is_refused
    assert (f"ROS 2 {distro} is too old" in done.stderr) == is_refused


def test_a_workspace_of_ours_is_not_an_installed_ros(checkout):
    # Sourced from another clone: .venv has rclpy, install has the fallback of launch_ros.
    for place, package in ((".venv", "rclpy"), ("install", "launch_ros")):
        folder = checkout / "clone" / place / "share" / package
        folder.mkdir(parents=True)
        (folder / "package.xml").touch()
    path = f"{checkout}/clone/install:{checkout}/clone/.venv"
    done = bash(checkout, "source bootstrap.sh; stock_ros_prefix", AMENT_PREFIX_PATH=path)
    assert done.stdout == ""


def test_stock_libraries_are_kept_and_only_missing_ones_installed(checkout):
    """The imitated Python has numpy 1.26 and scipy, and nothing else."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    python = checkout / ".venv" / "bin" / "python"
    python.write_text(
        f"""#!/bin/bash
case "$*" in
  *numpy.__version__*) echo numpy==1.26.4 ;;
  "-c import numpy" | "-c import scipy") exit 0 ;;
  "-c import "*) exit 1 ;;
  *) echo "$*" >>{checkout}/calls ;;
esac
"""
    )
    python.chmod(0o755)
    (checkout / "bin" / "xargs").symlink_to("/usr/bin/xargs")
    (checkout / "bin" / "sort").symlink_to("/usr/bin/sort")
    done = bash(checkout, "source bootstrap.sh; parse_arguments --car; install_missing_modules")
    assert done.returncode == 0, done
    missing = (checkout / ".venv" / "missing.txt").read_text()
    assert "onnxruntime==" in missing
    assert not {"numpy", "scipy", "torch"} & {line.split("==")[0] for line in missing.split()}
    assert (checkout / ".venv" / "constraints.txt").read_text() == "numpy==1.26.4\n"
    assert "-m pip install" in (checkout / "calls").read_text()


def test_every_function_that_is_called_exists():
    """A shell finds a missing function only when it calls it, after minutes of installing."""
    text = (ROOT / "bootstrap.sh").read_text()
    defined = set(re.findall(r"^(\w+)\(\) \{", text, re.MULTILINE))
    called = set(re.findall(r"^  (\w+)$", text, re.MULTILINE))
    assert called - {"done", "else", "esac", "fi", "shift"} <= defined


def test_every_library_has_a_module_by_which_it_is_looked_for():
    """Where ROS 2 is installed, what the distribution has is kept."""
    text = (ROOT / "bootstrap.sh").read_text()
    known = set(re.findall(r"\[([\w-]+)\]=", text))
    for file in ("runtime.txt", "simulation.txt", "training.txt"):
        lines = (ROOT / "requirements" / file).read_text().splitlines()
        names = {re.split("[=<>;]", line)[0].strip() for line in lines if line[:1] not in ("", "#")}
        assert names <= known, names - known
