"""The `$(...)` notation in parameter files, and what of the API is missing."""

import importlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from launch import LaunchContext, Substitution
from launch.substitutions import SubstitutionFailure
from launch.utilities import perform_substitutions
from launch_ros import _markup


def perform(text, **configurations):
    context = LaunchContext()
    context.launch_configurations.update(configurations)
    return perform_substitutions(context, _markup.parse_substitution(text))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain 'text' (with) \"marks\" $5", "plain 'text' (with) \"marks\" $5"),
        ("a$(var x)b$(var x)", "avaluebvalue"),
        ("$(var y default)", "default"),
        ("$(var y 'two words')", "two words"),
        ('$(var y "it\'s")', "it's"),
        ("$(var $(var name))", "value"),
        ("$(var y pre-$(var x)-post)", "pre-value-post"),
        ("$(var y 'a $(var x) b')", "a value b"),
        ("$(var  x )", "value"),
        ("$(eval '1 + 2')", "3"),
        ("$(equals $(var x) value)", "true"),
        ("$(not true)", "false"),
        ("$(if $(equals $(var x) other) a b)", "b"),
        ("$(and true $(or false true))", "true"),
        ("$(any false true) $(all true false) $(not-equals a b)", "true false true"),
        ("$(env NO_SUCH_VARIABLE none)", "none"),
        ("$(command 'echo -n hi')", "hi"),
        (r"\$(var x)", "$(var x)"),
        ("", ""),
    ],
)
def test_notation(text, result):
    assert perform(text, x="value", name="x") == result


def test_packages_are_found(prefix):
    assert perform("$(find-pkg-share garage)/a") == f"{prefix}/share/garage/a"
    assert perform("$(find-pkg-prefix garage)") == str(prefix)
    assert perform("$(exec-in-pkg probe garage)") == f"{prefix}/lib/garage/probe"
    assert perform("$(find-exec sh)").endswith("/sh")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$(var x", r"'\$\(var' is not closed"),
        ("$(var 'x)", "' is not closed"),
        ("a\n$(5)", r"a name must follow '\$\(' in line 2"),
        ("$(fly x)", "Unknown substitution: fly"),
        ("$(var)", "missing 1 required positional argument"),
        ("$(anon x)", r"\$\(anon\) exists in ROS 2 .* install ROS 2"),
    ],
)
def test_errors(text, message):
    with pytest.raises(SubstitutionFailure, match=message):
        perform(text)


@given(st.text(alphabet=st.characters(exclude_characters="$\\")))
def test_text_without_the_special_characters_stands_for_itself(text):
    assert perform(text) == text


@given(st.text(alphabet="$()\\'\" ab", max_size=12))
def test_any_text_is_read_or_refused(text):
    with suppress(SubstitutionFailure):
        assert all(isinstance(part, Substitution) for part in _markup.parse_substitution(text))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("launch_ros.actions", "ComposableNodeContainer"),
        ("launch_ros.actions", "LifecycleNode"),
        ("launch_ros.actions", "SetUseSimTime"),
        ("launch_ros.descriptions", "ComposableNode"),
        ("launch_ros.parameter_descriptions", "Parameter"),
        ("launch_ros.substitutions", "Parameter"),
        ("launch_ros", "utilities"),
    ],
)
def test_missing_names_are_refused_with_a_repair(module, name):
    with pytest.raises(ImportError, match=rf"{module}\.{name} exists in ROS 2 .* install ROS 2"):
        exec(f"from {module} import {name}")


def test_missing_modules_are_refused_with_a_repair():
    with pytest.raises(ModuleNotFoundError, match=r"launch_ros\.events exists in ROS 2"):
        importlib.import_module("launch_ros.events.lifecycle")
