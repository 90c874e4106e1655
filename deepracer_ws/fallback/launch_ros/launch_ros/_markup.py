"""The `$(name argument ...)` notation of substitutions in parameter files."""

from __future__ import annotations

import re
from collections.abc import Callable

from launch import Substitution
from launch._missing import missing
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
    LaunchLogDir,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
    PythonExpression,
    SubstitutionFailure,
    TextSubstitution,
    ThisLaunchFile,
    ThisLaunchFileDir,
)
from launch_ros.substitutions import ExecutableInPackage, FindPackagePrefix, FindPackageShare

_Argument = list[Substitution]

_SUBSTITUTIONS: dict[str, Callable[..., Substitution]] = {
    "all": AllSubstitution,
    "and": AndSubstitution,
    "any": AnySubstitution,
    "command": lambda command, on_stderr="fail": Command(command, on_stderr=on_stderr),
    "dirname": ThisLaunchFileDir,
    "env": lambda name, default=None: EnvironmentVariable(name, default_value=default),
    "equals": EqualsSubstitution,
    "eval": PythonExpression,
    "exec-in-pkg": ExecutableInPackage,
    "filename": ThisLaunchFile,
    "find-exec": lambda name: FindExecutable(name=name),
    "find-pkg-prefix": FindPackagePrefix,
    "find-pkg-share": FindPackageShare,
    "if": IfElseSubstitution,
    "launch_log_dir": LaunchLogDir,
    "log_dir": LaunchLogDir,
    "not": NotSubstitution,
    "not-equals": NotEqualsSubstitution,
    "or": OrSubstitution,
    "var": lambda name, default=None: LaunchConfiguration(name, default=default),
}
# Substitutions of stock ROS 2 and of its plugins that are missing here.
_STOCK_ONLY = ("anon", "file-content", "for-var", "index", "param", "string-join", "xacro")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TEXT = re.compile(r"(?:\\.|\$(?!\()|[^\\$])+", re.DOTALL)
_WORD = re.compile(r"(?:\\.|\$(?!\()|[^\\$\s)'\"])+", re.DOTALL)
_QUOTED = {
    quote: re.compile(rf"(?:\\.|\$(?!\()|[^\\${quote}])+", re.DOTALL) for quote in ("'", '"')
}


def parse_substitution(text: str) -> list[Substitution]:
    """Return `text` as substitutions: what is in `$(...)`, and plain text around it.

    Raises:
        SubstitutionFailure: A `$(` is not closed, or names no known substitution.
    """
    parser = _Parser(text)
    parts = parser.parts(_TEXT)
    if not parser.at_end:
        raise parser.failure("unexpected character")
    return parts


class _Parser:
    """Reads from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position == len(self._text)

    def failure(self, problem: str) -> SubstitutionFailure:
        """Return an error that says where in the text the problem is."""
        line = self._text.count("\n", 0, self._position) + 1
        return SubstitutionFailure(f"{problem} in line {line} of '{self._text.strip()}'")

    def parts(self, pattern: re.Pattern[str]) -> _Argument:
        """Read a sequence of text that matches `pattern` and of substitutions."""
        parts: _Argument = []
        while True:
            match = pattern.match(self._text, self._position)
            if match is not None:
                self._position = match.end()
                parts.append(TextSubstitution(text=re.sub(r"\\(.)", r"\1", match[0])))
            elif self._skip("$("):
                parts.append(self._substitution())
            else:
                return parts

    def _skip(self, token: str) -> bool:
        found = self._text.startswith(token, self._position)
        self._position += len(token) if found else 0
        return found

    def _substitution(self) -> Substitution:
        match = _NAME.match(self._text, self._position)
        if match is None:
            raise self.failure("a name must follow '$('")
        self._position = match.end()
        arguments: list[_Argument] = []
        while True:
            self._position = len(self._text) - len(self._text[self._position :].lstrip())
            if self._skip(")"):
                return self._create(match[0], arguments)
            if self.at_end:
                raise self.failure(f"'$({match[0]}' is not closed")
            arguments.append(self._argument())

    def _argument(self) -> _Argument:
        argument: _Argument = []
        while True:
            quote = next((quote for quote in _QUOTED if self._skip(quote)), None)
            parts = self.parts(_WORD if quote is None else _QUOTED[quote])
            if quote is not None and not self._skip(quote):
                raise self.failure(f"{quote} is not closed")
            if quote is None and not parts:
                return argument
            argument += parts

    def _create(self, name: str, arguments: list[_Argument]) -> Substitution:
        if name in _STOCK_ONLY:
            raise SubstitutionFailure(missing(f"the substitution $({name})"))
        if name not in _SUBSTITUTIONS:
            raise self.failure(f"Unknown substitution: {name}")
        try:
            return _SUBSTITUTIONS[name](*arguments)
        except TypeError as error:
            raise self.failure(f"$({name}): {error}") from error
