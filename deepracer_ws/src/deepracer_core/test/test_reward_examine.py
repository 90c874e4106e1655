"""What is told of a reward function before it runs: signature, imports, lines, what AWS refuses."""

from __future__ import annotations

import pytest
from deepracer_core.errors import RewardImportError, RewardSignatureError, RewardSyntaxError
from deepracer_core.reward.examine import (
    AWS_MODULES,
    HARMLESS_MODULES,
    LEGACY_ARGUMENTS,
    Remark,
    SourceFacts,
    examine,
)
from deepracer_core.reward.facts import facts_from_fields, facts_to_fields

TWELVE = ", ".join(LEGACY_ARGUMENTS)


@pytest.mark.parametrize(
    ("arguments", "signature"),
    [
        ("params", "params"),
        ("p", "params"),
        ("params, /", "params"),
        ("params=None", "params"),
        ("params: dict", "params"),
        (TWELVE, "legacy"),
        (TWELVE.replace("closest_waypoint", "closest_waypoints"), "legacy"),
        (TWELVE.replace(", ", "=0, ") + "=0", "legacy"),
        (TWELVE.replace(", ", "=0, ", 11).replace("on_track=0", "on_track") + "=0", "legacy"),
    ],
)
def test_signatures_are_told_apart(arguments: str, signature: str) -> None:
    facts = examine(f"def reward_function({arguments}):\n    return 1.0\n")
    assert (facts.signature, facts.line, facts.return_lines) == (signature, 1, (2,))
    assert facts.remarks == ()


@pytest.mark.parametrize(
    ("arguments", "signature"),
    [
        ("params, gain=2.0", "params"),
        ("params, gain=2.0, /", "params"),
        ("params, *rest", "params"),
        ("params, **rest", "params"),
        ("params, *, debug=False, level=None", "params"),
        ("*args, **kwargs", "params"),
        (TWELVE + ", gain=2.0", "legacy"),
        (TWELVE + ", *rest", "legacy"),
        ("on_track, x, *rest", "legacy"),
    ],
)
def test_arguments_that_nobody_gives_are_remarked(arguments: str, signature: str) -> None:
    facts = examine(f"\ndef reward_function({arguments}):\n    return 1.0\n")
    assert facts.signature == signature
    (remark,) = facts.remarks
    assert (remark.line, remark.cause) == (2, "AWS refuses further arguments of reward_function")


def test_lambda_is_a_function() -> None:
    facts = examine("import math\nreward_function = lambda params: (\n    1.0\n)\n")
    assert facts == SourceFacts("params", 2, (3,), ())
    with pytest.raises(RewardSignatureError, match="2 arguments") as caught:
        examine("\nreward_function = lambda a, b: 1.0\n")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ("", "0 arguments"),
        ("a, b", "2 arguments"),
        (TWELVE + ", is_left_of_center", "13 arguments"),
        (TWELVE.replace("x, y", "y, x"), "argument y where x belongs"),
        (TWELVE.replace("steps", "step"), "argument step where steps belongs"),
        ("a, b, c=3", "2 arguments"),
        ("a, b=2, *, c", "keyword-only"),
        ("*args, c", "keyword-only"),
        ("on_track, y, *rest", "argument y where x belongs"),
    ],
)
def test_other_arguments_are_refused(arguments: str, cause: str) -> None:
    with pytest.raises(RewardSignatureError, match=cause) as caught:
        examine(f"\ndef reward_function({arguments}):\n    return 1.0\n")
    assert caught.value.line == 2
    assert "closest_waypoint" in caught.value.repair


def test_last_definition_counts_and_inner_returns_do_not() -> None:
    facts = examine("""
def reward_function(a, b):
    pass

def reward_function(params):
    def helper():
        return 1
    key = lambda: (yield)
    if params:
        return 2
    return helper()
""")
    assert (facts.line, facts.return_lines) == (5, (10, 11))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "f = lambda params: 1.0",
        "reward_function = 1.0",
        "if True:\n    def reward_function(p): pass",
    ],
)
def test_missing_function_is_refused(text: str) -> None:
    with pytest.raises(RewardSignatureError, match="no function named"):
        examine(text)


def test_syntax_error_names_its_line() -> None:
    with pytest.raises(RewardSyntaxError, match="line 3: invalid syntax") as caught:
        examine("def reward_function(params):\n    x = 1\n    return x +\n")
    assert caught.value.line == 3


@pytest.mark.parametrize("module", ["os", "sys", "numpy_financial", "torch.nn", "__main__"])
def test_other_modules_are_refused_with_their_line(module: str) -> None:
    text = f"import math\nimport numpy, {module}\ndef reward_function(params):\n    return 1.0\n"
    with pytest.raises(RewardImportError, match=f"module {module}") as caught:
        examine(text)
    assert caught.value.line == 2


@pytest.mark.parametrize("line", ["import {}", "import {}.sub as s", "from {} import something"])
def test_modules_of_aws_give_no_remark(line: str) -> None:
    for module in AWS_MODULES:
        text = f"{line.format(module)}\ndef reward_function(params):\n    return 1.0\n"
        assert examine(text).remarks == ()


@pytest.mark.parametrize("module", sorted(HARMLESS_MODULES - {"__future__"}))
def test_harmless_modules_are_remarked(module: str) -> None:
    (remark,) = examine(f"import {module}\ndef reward_function(p):\n    return 1.0\n").remarks
    assert (remark.line, remark.cause) == (1, f"AWS refuses the module {module}")


def test_remarks_come_in_the_order_of_lines() -> None:
    facts = examine("""def reward_function(params):
    import math
    eval("1")
    return float(open)
""")
    assert [(remark.line, remark.cause) for remark in facts.remarks] == [
        (2, "AWS refuses the import of math here"),
        (3, "AWS refuses eval()"),
        (4, "AWS refuses open()"),
    ]


def test_facts_survive_the_way_through_fields() -> None:
    remarks = (Remark(1, "cause, with: signs", "repair"), Remark(9, "café", ""))
    for facts in (
        SourceFacts("legacy", 3, (4, 5, 6), remarks),
        SourceFacts("params", 1, (), ()),
    ):
        assert facts_from_fields(facts_to_fields(facts)) == facts


@pytest.mark.parametrize("fields", [[], ["params"], ["params", "x", ""], ["params", "1", "2 y"]])
def test_broken_fields_are_refused(fields: list[str]) -> None:
    with pytest.raises(ValueError):
        facts_from_fields(fields)
