"""What the syntax tree of a reward function tells without running it: signature, imports, returns.

Runs inside the sandbox. The rules are diagnostics that name a line early; the sandbox is the wall.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deepracer_core.errors import RewardImportError, RewardSignatureError, RewardSyntaxError

FUNCTION_NAME = "reward_function"

LEGACY_ARGUMENTS = (
    "on_track",
    "x",
    "y",
    "distance_from_center",
    "car_orientation",
    "progress",
    "steps",
    "throttle",
    "steering",
    "track_width",
    "waypoints",
    "closest_waypoint",
)
"""The twelve positional arguments of 2018, in order; source: guide."""

# The sample code of 2018 spelled the last argument in the plural and meant the same number.
_SPELLINGS = {"closest_waypoints": "closest_waypoint"}

AWS_MODULES = frozenset({"math", "random", "numpy", "scipy", "shapely"})
"""What AWS lets a reward function import; source: simapp, reward_func_validator."""

HARMLESS_MODULES = frozenset(
    {
        "__future__", "abc", "array", "bisect", "cmath", "collections", "copy", "dataclasses",
        "datetime", "decimal", "enum", "fractions", "functools", "heapq", "itertools", "json",
        "numbers", "operator", "re", "statistics", "string", "time", "typing", "warnings",
    }
)  # fmt: skip
"""Pure computing of the standard library: runs here, but AWS refuses the import."""

_AWS_FORBIDDEN_CALLS = frozenset({"open", "exec", "eval", "compile", "input", "__import__"})
_AWS_REFUSES = "It runs here; for AWS"

Signature = Literal["params", "legacy"]
_COUNTS: dict[Signature, int] = {"params": 1, "legacy": len(LEGACY_ARGUMENTS)}
_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Remark:
    """Something that works here but that AWS refuses.

    Attributes:
        line: 1-based line.
        cause: What it is.
        repair: What to write instead.
    """

    line: int
    cause: str
    repair: str


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a reward function before it runs.

    Attributes:
        signature: "params" (one dictionary) or "legacy" (twelve arguments of 2018).
        line: Line of its `def` or `lambda`.
        return_lines: Lines of its `return` statements.
        remarks: What AWS would refuse.
    """

    signature: Signature
    line: int
    return_lines: tuple[int, ...]
    remarks: tuple[Remark, ...]


def examine(text: str) -> SourceFacts:
    """Parse a reward function and check what shows without running it.

    Raises:
        RewardSyntaxError: it is not Python.
        RewardImportError: it imports a module that reward functions cannot use.
        RewardSignatureError: `reward_function` is missing, or neither signature fits.
    """
    tree = parse(text)
    remarks = [*_import_remarks(tree), *_call_remarks(tree)]
    function = _find_function(tree)
    signature = _signature(function)
    remarks += _argument_remarks(function, signature)
    return SourceFacts(
        signature=signature,
        line=function.lineno,
        return_lines=tuple(node.lineno for node in _own(function) if isinstance(node, ast.Return)),
        remarks=tuple(sorted(remarks, key=lambda remark: remark.line)),
    )


def parse(text: str) -> ast.Module:
    """Parse Python source.

    Raises:
        RewardSyntaxError: it is not Python, or is nested deeper than Python can read.
    """
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise RewardSyntaxError(
            f"invalid syntax: {error.msg}",
            repair="Correct this line or the one above.",
            line=error.lineno,
        ) from error
    except (RecursionError, MemoryError) as error:
        raise RewardSyntaxError(
            "the code is nested too deeply to be read", repair="Split long expressions."
        ) from error


def _import_remarks(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        for module in _imported(node):
            line = node.lineno if isinstance(node, ast.stmt) else 0
            top = module.partition(".")[0]
            if top not in AWS_MODULES | HARMLESS_MODULES:
                raise RewardImportError(
                    f"module {module or '.'} cannot be imported",
                    repair=f"Reward functions may use {', '.join(sorted(AWS_MODULES))}.",
                    line=line,
                )
            if top not in AWS_MODULES:
                known = ", ".join(sorted(AWS_MODULES))
                yield Remark(
                    line, f"AWS refuses the module {top}", f"{_AWS_REFUSES}, use only {known}."
                )
            elif node not in tree.body:
                yield Remark(
                    line,
                    f"AWS refuses the import of {top} here",
                    f"{_AWS_REFUSES}, move it to the top of the file.",
                )


def _imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports; "" for a relative import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "" if node.level == 0 else ""]
    return []


def _call_remarks(tree: ast.Module) -> Iterator[Remark]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _AWS_FORBIDDEN_CALLS:
            yield Remark(
                node.lineno,
                f"AWS refuses {node.id}()",
                "Compute the reward from the arguments alone: here are no files and no input.",
            )


def _argument_remarks(function: _FunctionNode, signature: Signature) -> Iterator[Remark]:
    """Training gives one argument or twelve, more may have defaults; AWS' console counts them."""
    arguments = function.args
    surplus = len(_positional(arguments)) != _COUNTS[signature]
    if surplus or arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        yield Remark(
            function.lineno,
            f"AWS refuses further arguments of {FUNCTION_NAME}",
            f"{_AWS_REFUSES}, leave them out: they never get a value.",
        )


def _find_function(tree: ast.Module) -> _FunctionNode:
    """The definition that counts: the last one at the top level."""
    for node in reversed(tree.body):
        function = _as_function(node)
        if function and function.name == FUNCTION_NAME:
            return function
    raise RewardSignatureError(
        f"no function named {FUNCTION_NAME} is defined at the top level",
        repair=f"Write `def {FUNCTION_NAME}(params):` without indentation; "
        "a class or another name is not found.",
    )


def _as_function(node: ast.stmt) -> _FunctionNode | None:
    """The function that a statement defines, if it does; for a lambda the `def` that says so."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node
        case ast.Assign([ast.Name(name)], ast.Lambda(arguments, value)):
            result = ast.copy_location(ast.Return(value), value)
            return ast.copy_location(ast.FunctionDef(name, arguments, [result], []), node)
    return None


def _signature(function: _FunctionNode) -> Signature:
    if isinstance(function, ast.AsyncFunctionDef):
        raise _signature_error(function, "is async", "Write `def` instead of `async def`.")
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own(function)):
        raise _signature_error(function, "yields, so it never returns a number", "Use `return`.")
    if None in function.args.kw_defaults:
        raise _signature_error(
            function, "has keyword-only arguments without default", _TWO_SIGNATURES
        )
    names = _positional(function.args)
    first_twelve = tuple(_SPELLINGS.get(name, name) for name in names[: len(LEGACY_ARGUMENTS)])
    if _takes(function.args, _COUNTS["params"]) and first_twelve != LEGACY_ARGUMENTS:
        return "params"
    if not _takes(function.args, _COUNTS["legacy"]):
        required = len(names) - len(function.args.defaults)
        raise _signature_error(function, f"needs {required} arguments", _TWO_SIGNATURES)
    _check_order(function, names)
    return "legacy"


def _positional(arguments: ast.arguments) -> list[str]:
    """The names of the arguments that can be given by position."""
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Whether the function can be called with so many arguments by position, and no others."""
    most = len(_positional(arguments))
    return most - len(arguments.defaults) <= count and (count <= most or bool(arguments.vararg))


def _check_order(function: _FunctionNode, names: list[str]) -> None:
    """The twelve come by position: a name in another place would get the value of its neighbour."""
    for name, expected in zip(names, LEGACY_ARGUMENTS):
        known = _SPELLINGS.get(name, name)
        if known != expected:
            raise _signature_error(
                function, f"has the argument {name} where {expected} belongs", _TWO_SIGNATURES
            )


def _own(function: _FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of functions and classes defined in it."""
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, _SCOPES):
            yield node
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


_TWO_SIGNATURES = (
    f"Write `def {FUNCTION_NAME}(params):`, or the twelve arguments of 2018 in their order: "
    f"{', '.join(LEGACY_ARGUMENTS)}."
)


def _signature_error(function: _FunctionNode, cause: str, repair: str) -> RewardSignatureError:
    return RewardSignatureError(f"{FUNCTION_NAME} {cause}", repair=repair, line=function.lineno)
