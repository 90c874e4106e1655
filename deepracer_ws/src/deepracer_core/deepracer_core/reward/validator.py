"""Try a reward function in many situations and report what is wrong, line by line."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from deepracer_core.errors import RewardError, RewardSourceError, RewardTimeoutError
from deepracer_core.reward.legacy import LegacyScale
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.sandbox import RewardSandbox
from deepracer_core.reward.situations import SITUATIONS, situation_params
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward_params import track_constants
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE

SLOW_SECONDS = 0.005
"""A call that takes longer than this is remarked: 15 steps in a second of driving, many cars."""

Severity = Literal["error", "warning"]

_NUMBER = re.compile(r"-?\d[\d.e+-]*")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that AWS would refuse.

    Attributes:
        severity: "error": training would stop; "warning": it runs here.
        cause: What is wrong.
        line: 1-based line, or None where none can be told.
        repair: What to do about it.
        situations: Where it happened; empty if it shows without running.
    """

    severity: Severity
    cause: str
    line: int | None
    repair: str
    situations: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValidationReport:
    """What the validation of one file found.

    Attributes:
        name: Name of the file.
        signature: "params" or "legacy"; None if the file could not be loaded.
        findings: Errors first, then by line.
        rewards: The reward of each situation that gave one.
    """

    name: str
    signature: str | None
    findings: tuple[Finding, ...]
    rewards: dict[str, float]

    @property
    def passed(self) -> bool:
        """Whether one can train with this function."""
        return all(finding.severity != "error" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON."""
        return {**asdict(self), "passed": self.passed}


def validate_file(path: Path | str, track: Track, **options: Any) -> ValidationReport:
    """Read a file and validate it; see `validate`. A file that cannot be read is a finding."""
    try:
        function = RewardFunction.load(path)
    except RewardSourceError as error:
        return ValidationReport(Path(path).name, None, (_error_finding(error),), {})
    return validate(function, track, **options)


def validate(
    function: RewardFunction,
    track: Track,
    *,
    limits: SandboxLimits | None = None,
    sample_units: bool = False,
) -> ValidationReport:
    """Load a function in the sandbox and call it in all situations, in both driving directions.

    Args:
        function: The user's source.
        track: The track that it is to be trained on; tables of waypoints are made for one track.
        limits: Limits of time and memory; None for the defaults.
        sample_units: See `LegacyScale`.
    """
    scale = LegacyScale(
        track.world_bounds, VEHICLE.max_speed, VEHICLE.max_steering_angle, sample_units
    )
    trial = _Trial()
    for way, suffix in ((track, ""), (track.reversed(), ", reversed")):
        try:
            with RewardSandbox(
                function, track_constants(way), limits=limits, legacy=scale, seed=0
            ) as sandbox:
                trial.run(sandbox, way, suffix)
        except RewardError as error:
            trial.findings.append(_error_finding(error))
        if trial.is_hopeless:
            break
    if SLOW_SECONDS < trial.quickest < math.inf:
        trial.findings.append(_slow(trial.quickest))
    ordered = sorted(_merged(trial.findings), key=lambda found: (found.severity, found.line or 0))
    return ValidationReport(function.name, trial.signature, tuple(ordered), trial.rewards)


class _Trial:
    """Calls a loaded function in all situations and collects what comes of it."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.rewards: dict[str, float] = {}
        self.signature: str | None = None
        self.quickest = math.inf  # [s] of the calls that gave a reward
        self._timed_out = False

    @property
    def is_hopeless(self) -> bool:
        """Whether further calls would only waste time: it does not load, or it hangs."""
        return self.signature is None or self._timed_out

    def run(self, sandbox: RewardSandbox, track: Track, suffix: str) -> None:
        """Try all situations in one driving direction; the suffix tells which."""
        self.signature = sandbox.facts.signature
        self.findings += _static_findings(sandbox)
        for situation in SITUATIONS:
            if not self._timed_out:
                self._call(sandbox, situation_params(track, situation), situation.name + suffix)
        if not sandbox.returned_floats:
            self.findings.append(_not_a_float(sandbox.facts.line))

    def _call(self, sandbox: RewardSandbox, params: dict[str, Any], name: str) -> None:
        started = time.perf_counter()
        try:
            self.rewards[name] = float(sandbox.rewards([params])[0])
        except RewardError as error:
            self.findings.append(_error_finding(error, name))
            self._timed_out = isinstance(error, RewardTimeoutError)
        else:
            self.quickest = min(self.quickest, time.perf_counter() - started)


def _static_findings(sandbox: RewardSandbox) -> Iterator[Finding]:
    for remark in sandbox.facts.remarks:
        yield _warning(remark.cause, remark.repair, remark.line)
    for layer, reason in sandbox.missing_essential_layers.items():
        yield _warning(
            f"this machine offers no {layer} to lock the function in: {reason}",
            "Run only functions that you trust, or use Linux 5.13 or newer.",
        )


def _not_a_float(line: int) -> Finding:
    return _warning(
        "AWS refuses a reward that is not a float",
        "It works here; for AWS, write `return float(reward)`.",
        line,
    )


def _slow(seconds: float) -> Finding:
    return _warning(
        f"a call takes at least {seconds * 1e3:.0f} ms, which slows training down",
        "Compute what is always the same once, at the top of the file.",
    )


def _merged(findings: list[Finding]) -> Iterator[Finding]:
    """Findings of several situations that differ in a number only become one, the first."""
    alike: dict[Finding, list[Finding]] = {}
    for found in findings:
        key = replace(found, cause=_NUMBER.sub("", found.cause), situations=())
        alike.setdefault(key, []).append(found)
    for group in alike.values():
        names = (name for found in group for name in found.situations)
        yield replace(group[0], situations=tuple(names))


def _error_finding(error: RewardError, *situations: str) -> Finding:
    return Finding("error", error.cause, error.line, error.repair, situations)


def _warning(cause: str, repair: str, line: int | None = None) -> Finding:
    return Finding("warning", cause, line, repair)
