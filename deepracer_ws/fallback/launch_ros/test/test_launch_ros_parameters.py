"""Types and files of parameters, up to what a node really gets."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from launch import LaunchContext
from launch.actions import SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration, SubstitutionFailure
from launch_ros.actions import Node, SetParameter
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

X = LaunchConfiguration("x")

# Keeps the parameter files, which end with the launcher.
COPY = """
import json, pathlib, sys
argv = sys.argv[1:]
files = [pathlib.Path(b).read_text() for a, b in zip(argv, argv[1:]) if a == "--params-file"]
print("files=" + json.dumps(files))
"""


@pytest.fixture
def files_of(launch, prefix):
    """A function that launches a node and returns the contents of its parameter files."""
    program = prefix / "lib/garage/copy"
    program.write_text(f"#!{sys.executable}\n{COPY}")
    program.chmod(0o755)

    def run(parameters, x="1", **keywords):
        node = Node(
            package="garage", executable="copy", parameters=parameters, output="screen", **keywords
        )
        code, output = launch(SetLaunchConfiguration("x", x), node)
        if code:
            return output
        return [yaml.safe_load(text) for text in json.loads(re.search("files=(.*)", output)[1])]

    return run


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("3", "3"),
        ("true", "true"),
        ("", ""),
        ([1, 2], [1, 2]),
        ([1, 2.5], [1.0, 2.5]),
        ([True, False], [True, False]),
        (["a", "1"], ["a", "1"]),
        (("a", "b"), ["a", "b"]),
        ({"a": {"b": 1}}, None),
    ],
)
def test_values_keep_their_type(value, expected, files_of):
    [content] = files_of([{"p": value}])
    if isinstance(value, dict):
        assert content == {"/**": {"ros__parameters": {"p.a.b": 1}}}
    else:
        result = content["/**"]["ros__parameters"]["p"]
        assert result == expected
        assert json.dumps(result) == json.dumps(expected)  # 1 and 1.0 are not the same


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("true", True),
        ("'1'", "1"),
        ("", ""),
        ("a b", "a b"),
        ("[1, 2]", [1, 2]),
        ("['a', 'b']", ["a", "b"]),
    ],
)
def test_substitutions_are_read_as_yaml(text, expected, files_of):
    [content] = files_of([{"p": X}], x=text)
    assert content["/**"]["ros__parameters"]["p"] == expected
    assert type(content["/**"]["ros__parameters"]["p"]) is type(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["pre", X], "pre1"),
        ([["pre", X], "b"], ["pre1", "b"]),
        ([[X], [X]], [1, 1]),
        (ParameterValue(X, value_type=str), "1"),
        (ParameterValue(X, value_type=float), 1.0),
        (ParameterValue([X, ".5"]), 1.5),
        (ParameterValue(["[", X, ", 2]"], value_type=list[int]), [1, 2]),
        (ParameterValue([1, 2]), [1, 2]),
        (ParameterValue(5, value_type=int), 5),
    ],
)
def test_substitutions_with_a_type_or_in_arrays(value, expected, files_of):
    [content] = files_of([{"p": value}])
    assert content["/**"]["ros__parameters"]["p"] == expected


@pytest.mark.parametrize(
    "value",
    [None, object(), [None], [{"a": 1}]],
)
def test_values_of_other_types_are_refused_at_once(value):
    with pytest.raises((TypeError, RuntimeError)):
        Node(package="garage", executable="copy", parameters=[{"p": value}])
    with pytest.raises((TypeError, RuntimeError)):
        SetParameter("p", value)


@pytest.mark.parametrize(
    ("value", "text", "message"),
    [
        ([], "", "Expected a non-empty sequence"),
        ([1, "a"], "", 'Got inconsistent input for "p"'),
        (X, "[1, a]", 'Got inconsistent input for "p"'),
        (X, "{a: 1}", "Allowed value types are bytes, bool, int, float, str"),
        (X, "a: b: c", "Unable to parse the value of parameter p as yaml"),
        (ParameterValue(X, value_type=int), "1.5", "invalid literal for int"),
        (ParameterValue(X, value_type=bool), "1", "Cannot convert value '1'"),
        (ParameterValue(X, value_type=list[int]), "[1, a]", "Cannot convert value"),
    ],
)
def test_values_that_no_parameter_can_have_end_the_launch(value, text, message, files_of):
    assert message in files_of([{"p": value}], x=text)


@pytest.mark.parametrize(
    ("value", "value_type"),
    [(1, str), ("1", int), ([1, 2], int), ([1, "a"], None), ([1, 2], list[str]), (None, None)],
)
def test_values_that_contradict_their_type_are_refused_at_once(value, value_type):
    with pytest.raises(TypeError):
        ParameterValue(value, value_type=value_type)


def test_types_that_no_parameter_has_are_refused():
    with pytest.raises(ValueError, match="Unrecognized data type"):
        ParameterValue(X, value_type=dict)


@pytest.mark.parametrize(
    ("keywords", "key"),
    [
        ({"name": "car"}, "/**"),
        ({"namespace": "a"}, "/**"),
        ({"name": "car", "namespace": "a"}, "/a/car"),
        ({"name": "car", "namespace": "/"}, "/car"),
    ],
)
def test_a_dict_is_for_this_node_where_its_full_name_is_known(keywords, key, files_of):
    [content] = files_of([{("a", X): 1, "b": {"c": X}}], x="1", **keywords)
    assert content == {key: {"ros__parameters": {"a1": 1, "b.c": 1}}}


def test_files_and_dicts_keep_their_order(files_of, tmp_path):
    for name in ("1", "2"):
        (tmp_path / name).write_text(f"/**: {{ros__parameters: {{p: {name}}}}}")
    contents = files_of(
        [str(tmp_path / "1"), {"p": 3}, [f"{tmp_path}/", X], ParameterFile(tmp_path / "2")], x="2"
    )
    assert [content["/**"]["ros__parameters"]["p"] for content in contents] == [1, 3, 2, 2]


def test_a_file_that_does_not_exist_is_left_out_with_a_warning(capfd, arguments_of):
    node = Node(
        package="garage", executable="probe", parameters=[Path("/does/not/exist")], output="screen"
    )
    assert arguments_of(node) == [["--ros-args"]]


MARKUP = """
# $(this is a comment
/**:
  ros__parameters:
    p: $(var x)
    q: "$(env CAR none)-$(eval '1 + 1')"
"""


@pytest.mark.parametrize("allowed", [True, X, "false"])
def test_files_may_hold_substitutions(allowed, files_of, tmp_path, monkeypatch):
    monkeypatch.delenv("CAR", raising=False)
    file = tmp_path / "p.yaml"
    file.write_text(MARKUP)
    if allowed == "false":
        [content] = files_of([ParameterFile(str(file))])
        assert content["/**"]["ros__parameters"]["p"] == "$(var x)"
        return
    [content] = files_of([ParameterFile(file, allow_substs=allowed)], x="true")
    assert content["/**"]["ros__parameters"] == {"p": True, "q": "none-2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "not a valid yaml file, before"), ("a: $(var x)", "not a valid yaml file, after")],
)
def test_files_must_be_yaml_before_and_after_substitutions(text, message, tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text(text)
    context = LaunchContext()
    context.launch_configurations["x"] = "b: c"
    with pytest.raises(SubstitutionFailure, match=message):
        ParameterFile(str(file), allow_substs=True).evaluate(context)


REAL_NODE = """
import json, sys
import rclpy
from rclpy.node import Node
rclpy.init(args=sys.argv)
node = Node("default", automatically_declare_parameters_from_overrides=True)
values = {p.name: p.value for p in node.get_parameters_by_prefix("").values()}
print("node=" + json.dumps({
    "name": node.get_fully_qualified_name(),
    "topic": node.resolve_topic_name("scan"),
    "values": {name: value if isinstance(value, (bool, int, float, str)) else list(value)
               for name, value in values.items()},
}))
rclpy.shutdown()
"""


def test_a_real_node_gets_all_of_it(tmp_path, launch):
    program = tmp_path / "real"
    program.write_text(f"#!{sys.executable}\n{REAL_NODE}")
    program.chmod(0o755)
    (tmp_path / "p.yaml").write_text("/**: {ros__parameters: {from_file: 7, speed: 9.0}}")
    node = Node(
        executable=str(program),
        name="car",
        namespace="track",
        parameters=[
            str(tmp_path / "p.yaml"),
            {"speed": 1.5, "gains": {"p": [1, 2.5], "names": ["a", "1"]}, "text": "1", "sub": X},
        ],
        remappings=[("scan", "/lidar")],
        output="screen",
    )
    code, output = launch(
        SetLaunchConfiguration("x", "true"), SetParameter("use_sim_time", True), node
    )
    assert code == 0
    result = json.loads(re.search("node=(.*)", output)[1])
    for name in [name for name in result["values"] if name.startswith(("qos_", "start_type"))]:
        del result["values"][name]
    assert result == {
        "name": "/track/car",
        "topic": "/lidar",
        "values": {
            "use_sim_time": True,
            "from_file": 7,
            "speed": 1.5,
            "gains.p": [1.0, 2.5],
            "gains.names": ["a", "1"],
            "text": "1",
            "sub": True,
        },
    }
