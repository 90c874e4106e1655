"""What substitutions perform to, and how they fail."""

import os
import shutil
import sys

import pytest
from launch import LaunchContext
from launch.conditions import (
    IfCondition,
    InvalidConditionExpressionError,
    LaunchConfigurationEquals,
    LaunchConfigurationNotEquals,
    UnlessCondition,
)
from launch.substitutions import (
    AllSubstitution,
    AndSubstitution,
    AnySubstitution,
    Command,
    EnvironmentVariable,
    EqualsSubstitution,
    FindExecutable,
    IfElseSubstitution,
    LaunchConfiguration,
    LocalSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
    PathJoinSubstitution,
    PythonExpression,
    SubstitutionFailure,
    TextSubstitution,
)
from launch_runs import perform

X = LaunchConfiguration("x")


def test_text_stands_for_itself():
    assert perform(TextSubstitution(text="a $b")) == "a $b"
    with pytest.raises(TypeError, match="TextSubstitution expected Text"):
        TextSubstitution(text=1)


@pytest.mark.parametrize(
    ("default", "text"),
    [("a", "a"), (5, "5"), (1.5, "1.5"), (["a", 1, TextSubstitution(text="b")], "a1b")],
)
def test_a_configuration_has_the_default_as_text(default, text):
    assert perform(LaunchConfiguration("y", default=default)) == text


def test_a_configuration_is_looked_up_when_performed():
    assert perform(LaunchConfiguration(["na", X]), x="me", name="value") == "value"
    with pytest.raises(SubstitutionFailure, match="launch configuration 'x' does not exist"):
        perform(X)


def test_environment_variables(monkeypatch):
    monkeypatch.setenv("CAR", "red")
    monkeypatch.delenv("TRACK", raising=False)
    assert perform(EnvironmentVariable("CAR")) == "red"
    assert perform(EnvironmentVariable("TRACK", default_value=["o", "val"])) == "oval"
    with pytest.raises(SubstitutionFailure, match="environment variable 'TRACK' does not exist"):
        perform(EnvironmentVariable("TRACK"))


def test_paths_are_joined():
    assert perform(PathJoinSubstitution(["/a", X, "c.yaml"]), x="b") == "/a/b/c.yaml"
    with pytest.raises(TypeError, match="Failed to normalize given item"):
        PathJoinSubstitution(["/a", ["b", "c"]])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 1", "2"),
        ("'a' == 'b'", "False"),
        ("round(sin(pi / 2))", "1"),
        ("math.floor(2.5)", "2"),
        (["'", X, "' in ['a', 'b']"], "True"),
    ],
)
def test_python_expressions(expression, value):
    assert perform(PythonExpression(expression), x="a") == value


def test_python_expressions_know_the_modules_they_name():
    expression = PythonExpression("sys.version_info.major", python_modules=["sys"])
    assert perform(expression) == str(sys.version_info.major)
    with pytest.raises(NameError):
        perform(PythonExpression("sys.version"))


def test_commands_give_their_output():
    assert perform(Command(["echo 'two  words' ", X]), x="end") == "two  words end\n"


STDERR = (
    f"{sys.executable} -c 'import sys; print(1); sys.stdout.flush(); print(2, file=sys.stderr)'"
)


@pytest.mark.parametrize(
    ("on_stderr", "output"), [("ignore", "1\n"), ("warn", "1\n"), ("capture", "1\n2\n")]
)
def test_commands_may_write_to_standard_error(on_stderr, output, capfd):
    assert perform(Command(STDERR, on_stderr=on_stderr)) == output
    assert ("executed command showed stderr output" in capfd.readouterr().out) == (
        on_stderr == "warn"
    )


@pytest.mark.parametrize(
    ("command", "on_stderr", "message"),
    [
        (STDERR, "fail", "executed command showed stderr output"),
        ("false", "fail", "executed command failed. Command: false"),
        ("/does/not/exist", "fail", "file not found"),
        ("true", "panic", "expected 'on_stderr' to be one of"),
    ],
)
def test_commands_fail(command, on_stderr, message):
    with pytest.raises(SubstitutionFailure, match=message):
        perform(Command(command, on_stderr=on_stderr))


def test_executables_are_found_on_the_path():
    assert perform(FindExecutable(name="sh")) == shutil.which("sh")
    with pytest.raises(SubstitutionFailure, match="executable 'no-such-thing' not found on the P"):
        perform(FindExecutable(name="no-such-thing"))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("a", "a", "true"),
        ("a", "A", "false"),
        ("1", "true", "true"),
        ("True", "true", "true"),
        ("0", "False", "true"),
        ("1.0", "1", "true"),
        ("0.1", 0.1, "true"),
        (None, "", "true"),
        (False, "false", "true"),
        (2, "3", "false"),
        (X, "value", "true"),
        ([X, "s"], "values", "true"),
    ],
)
def test_equality(left, right, equal):
    assert perform(EqualsSubstitution(left, right), x="value") == equal
    assert perform(NotEqualsSubstitution(left, right), x="value") != equal


@pytest.mark.parametrize(
    ("substitution", "value"),
    [
        (NotSubstitution("true"), "false"),
        (NotSubstitution("no"), "true"),
        (AndSubstitution("true", "false"), "false"),
        (AndSubstitution("true", "yes"), "true"),
        (OrSubstitution("false", "on"), "true"),
        (OrSubstitution("false", "off"), "false"),
        (AllSubstitution("true", "true", "false"), "false"),
        (AllSubstitution(), "true"),
        (AnySubstitution("false", "false", "true"), "true"),
        (AnySubstitution(), "false"),
        (IfElseSubstitution("true", "a", "b"), "a"),
        (IfElseSubstitution("false", "a", "b"), "b"),
        (IfElseSubstitution(X, if_value="a"), ""),
        (IfElseSubstitution(EqualsSubstitution(X, "false"), ["a", X], "b"), "afalse"),
    ],
)
def test_logic(substitution, value):
    assert perform(substitution, x="false") == value


@pytest.mark.parametrize(
    "substitution",
    [
        NotSubstitution("maybe"),
        AndSubstitution("false", "maybe"),
        AnySubstitution("true", "1"),
        IfElseSubstitution("[true]", "a", "b"),
    ],
)
def test_logic_refuses_what_is_no_truth_value(substitution):
    with pytest.raises(SubstitutionFailure):
        perform(substitution)


def test_a_choice_needs_something_to_choose():
    with pytest.raises(RuntimeError, match="One of if_value and else_value must be specified"):
        IfElseSubstitution("true")


def test_locals_are_looked_up():
    context = LaunchContext()
    context.extend_locals({"event": os.stat_result(range(10))})
    assert LocalSubstitution("event.st_size").perform(context) == "6"
    with pytest.raises(AttributeError, match="it contains: \\[event\\]"):
        _ = context.locals.process


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", " true "])
def test_conditions_that_are_true(text):
    context = LaunchContext()
    context.launch_configurations["x"] = text
    assert IfCondition(X).evaluate(context)
    assert not UnlessCondition(X).evaluate(context)


@pytest.mark.parametrize("text", ["false", "False", "0"])
def test_conditions_that_are_false(text):
    context = LaunchContext()
    context.launch_configurations["x"] = text
    assert not IfCondition([X]).evaluate(context)
    assert UnlessCondition([X]).evaluate(context)


@pytest.mark.parametrize("text", ["", "yes", "2", "truefalse"])
def test_conditions_refuse_what_is_no_truth_value(text):
    with pytest.raises(
        InvalidConditionExpressionError,
        match=f"expected one of \\[true, 1, false, 0\\] but got '{text}'",
    ):
        IfCondition(text).evaluate(LaunchContext())


@pytest.mark.parametrize(
    ("expected", "holds"), [("a", True), ("b", False), (["", "a"], True), (None, False)]
)
def test_conditions_on_configurations(expected, holds):
    context = LaunchContext()
    context.launch_configurations["x"] = "a"
    with pytest.warns(UserWarning, match="deprecated"):
        assert LaunchConfigurationEquals("x", expected).evaluate(context) == holds
    with pytest.warns(UserWarning, match="deprecated"):
        assert LaunchConfigurationNotEquals("x", expected).evaluate(context) != holds


def test_a_condition_on_a_configuration_that_is_not_set():
    with pytest.warns(UserWarning, match="deprecated"):
        assert LaunchConfigurationEquals("x", None).evaluate(LaunchContext())
