"""`ros2 pkg`, `run` and `interface`: what is installed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest


def install(package: Path, name: str, text: str, mode: int = 0o755) -> Path:
    path = package / "lib" / "demo" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_pkg_list_is_sorted(ros2, package):
    names = ros2("pkg", "list").out.splitlines()
    assert names == sorted(names)
    assert {"demo", "std_msgs"} <= set(names)


def test_pkg_prefix(ros2, package):
    assert ros2("pkg", "prefix", "demo").out == f"{package}\n"
    assert ros2("pkg", "prefix", "demo", "--share").out == f"{package}/share/demo\n"


@pytest.mark.parametrize("words", [["prefix"], ["executables"], ["xml"]])
def test_unknown_package(ros2, words):
    result = ros2("pkg", *words, "nowhere")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Package 'nowhere' not found")


def test_pkg_executables_lists_only_what_can_run(ros2, package):
    path = install(package, "drive", "")
    install(package, "notes.txt", "", mode=0o644)
    assert ros2("pkg", "executables", "demo").out == "demo drive\n"
    assert ros2("pkg", "executables", "demo", "--full-path").out == f"{path}\n"
    assert "demo drive\n" in ros2("pkg", "executables").out


def test_pkg_xml(ros2, package):
    assert "<name>demo</name>" in ros2("pkg", "xml", "demo").out
    assert ros2("pkg", "xml", "demo", "--tag", "version").out == "1.2.3\n"
    result = ros2("pkg", "xml", "demo", "--tag", "colour")
    assert (result.code, "No tag 'colour'" in result.err) == (1, True)


def test_run_passes_arguments_and_exit_code(start, package):
    install(package, "drive", '#!/bin/sh\necho "$@"\nexit 7\n')
    with start("run", "demo", "drive", "fast", "--ros-args", "-p", "x:=1") as process:
        result = process.end()
    assert (result.code, result.out) == (7, "fast --ros-args -p x:=1\n")


def test_run_with_a_prefix(start, package):
    path = install(package, "drive", "")
    with start("run", "--prefix", "echo 'two words'", "demo", "drive", "fast") as process:
        assert process.end().out == f"two words {path} fast\n"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_run_hands_signals_to_the_executable(start, package, signum):
    install(
        package,
        "drive",
        "#!/bin/bash\ntrap 'exit 9' INT TERM\necho ready\n"
        "while true; do read -t 0.05 <> <(:); done\n",
    )
    with start("run", "demo", "drive") as process:
        process.read_line("ready")
        assert process.end(signum).code == 9


def test_run_leaves_no_process_behind_even_when_killed(start, package):
    install(package, "drive", "#!/bin/sh\necho $$\nexec sleep 60\n")
    with start("run", "demo", "drive") as process:
        assert int(process.read_line("")) == process.pid
        process.end(signal.SIGKILL)
    assert not Path(f"/proc/{process.pid}").exists()


def test_run_unknown_executable(ros2, package):
    result = ros2("run", "demo", "fly")
    assert result.code == 1
    assert result.err.startswith("No executable found: 'fly'")


def test_run_wants_one_executable(ros2, package):
    paths = [install(package, name, "") for name in ("a/drive", "b/drive")]
    result = ros2("run", "demo", "drive")
    assert result.code == 1
    assert result.err == "\n- ".join(["Multiple executables found:", *map(str, paths)]) + "\n"


def test_run_a_file_that_the_kernel_refuses(ros2, package):
    path = install(package, "drive", "#!/no/such/interpreter\n")
    result = ros2("run", "demo", "drive")
    assert result.code == 1
    assert result.err.startswith(f"Cannot start {path}")


def test_interface_list_groups_by_kind(ros2):
    lines = ros2("interface", "list").out.splitlines()
    assert lines[0] == "Messages:"
    services = lines.index("Services:")
    assert (
        lines.index("    std_msgs/msg/String")
        < services
        < lines.index("    std_srvs/srv/Empty")
        < lines.index("Actions:")
    )


def test_interface_list_of_one_kind(ros2):
    out = ros2("interface", "list", "-s").out
    assert out.startswith("Services:\n")
    assert "Messages:" not in out


def test_interface_package_and_packages(ros2):
    assert ros2("interface", "package", "std_srvs").out == (
        "std_srvs/srv/Empty\nstd_srvs/srv/SetBool\nstd_srvs/srv/Trigger\n"
    )
    services = ros2("interface", "packages", "--only-srvs").out.splitlines()
    assert "std_srvs" in services
    assert "std_msgs" not in services


def test_interface_package_without_interfaces(ros2, package):
    result = ros2("interface", "package", "demo")
    assert (result.code, result.err) == (1, "Package 'demo' has no interfaces\n")


def test_interface_show_expands_nested_messages(ros2):
    assert ros2("interface", "show", "std_msgs/msg/Header", "--no-comments").out == (
        "builtin_interfaces/Time stamp\n\tint32 sec\n\tuint32 nanosec\nstring frame_id\n"
    )


def test_interface_show_comments(ros2):
    name = "std_msgs/msg/Header"
    plain, every = (
        ros2("interface", "show", name).out,
        ros2("interface", "show", name, "--all-comments").out,
    )
    assert "# Two-integer timestamp that is expressed as seconds and nanoseconds.\n" in plain
    assert len([line for line in every.splitlines() if line.startswith("\t#")]) > 0
    assert not [line for line in plain.splitlines() if line.startswith("\t#")]


def test_interface_show_service(ros2):
    out = ros2("interface", "show", "std_srvs/srv/SetBool", "--no-comments").out
    assert out == "bool data\n---\nbool success\nstring message\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("std_msgs/String", "Expected three parts separated by '/'"),
        ("std_msgs/msg/Nothing", "Unknown interface 'std_msgs/msg/Nothing'"),
        ("nowhere/msg/Nothing", "Package 'nowhere' not found"),
    ],
)
def test_interface_show_unknown(ros2, name, message):
    result = ros2("interface", "show", name)
    assert result.code == 1
    assert message in result.err


def test_interface_proto(ros2):
    assert ros2("interface", "proto", "std_msgs/msg/String").out == "\"data: ''\n\"\n"
    assert (
        ros2("interface", "proto", "std_srvs/srv/SetBool", "--no-quotes").out == "data: false\n\n"
    )
