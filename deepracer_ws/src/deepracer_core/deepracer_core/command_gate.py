"""The command gate: the state machine that decides which drive command reaches the car.

| mode        | who drives       | how it is entered                              |
|-------------|------------------|------------------------------------------------|
| STOPPED     | nobody           | at boot, by `set_mode`, or when anything fails |
| MANUAL      | TELEOP, a human  | by `set_mode`, or by a human in AUTONOMOUS     |
| AUTONOMOUS  | POLICY           | by `set_mode` only                             |
| CALIBRATION | nobody: neutral  | by `set_mode` in STOPPED only                  |

* A command drives if its source drives in this mode, and stamp and values pass `command_checks`.
  Then it is held to the speed limit in force and to the rate limits, never altered otherwise.
* Any refusal of what the driver sends means neutral at once; the old command is never kept.
* The command that the car follows is answered again, as before, if it comes again: a world in
  lockstep asks again when it has missed an answer. It stays as old as it is, and ends no silence.
* The human wins: whatever TELEOP sends in AUTONOMOUS, even if it is refused, ends AUTONOMOUS. The
  policy gets the car back by `set_mode` only, never because the human fell silent. A human who has
  just handed over is passed over for `HAND_OVER` while he is at rest: he sent that in MANUAL still.
* Silence: neutral when the last command is older than `max_age`; STOPPED after `max_silence`, so
  that a source that comes back from the dead does not find the car ready to go. A hiccup shorter
  than that costs only the time it lasted.
* A clock that runs backwards stops the car: no age can be trusted any more.
* All depends on the calls and their times alone, not on how often `tick` is called; but silence is
  acted on no sooner than the next call, so call `tick` often (every 20 ms, say).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from deepracer_core.command_checks import (
    NANOSECONDS,
    DriveCommand,
    GateLimits,
    Refusal,
    Refused,
    check_age,
    check_stamp,
    check_values,
    limit_speed,
    limit_steering,
)
from deepracer_core.errors import ConfigError, ModeError

__all__ = ["CommandGate", "DriveCommand", "GateLimits", "GateStatus", "Mode", "Refusal", "Source"]


class Mode(IntEnum):
    """Who may drive; MODE_* of GateStatus.msg."""

    STOPPED = 0
    MANUAL = 1
    AUTONOMOUS = 2
    CALIBRATION = 3


class Source(IntEnum):
    """Where a command comes from; the value is the priority, as in ackermann_mux on F1TENTH."""

    POLICY = 10
    TELEOP = 100


DRIVERS = {Mode.MANUAL: Source.TELEOP, Mode.AUTONOMOUS: Source.POLICY}
"""The source that drives in each mode that moves the car."""

HAND_OVER = 100_000_000
"""[ns] after a change from MANUAL to AUTONOMOUS, in which TELEOP at rest takes nothing over. In
MANUAL it sends rest every 25 ms; what was under way at the change is no word on the policy, and
four periods allow for a busy machine. Whoever brakes goes on braking, and is heard after that."""


@dataclass(frozen=True)
class GateStatus:
    """State of the gate; equals GateStatus.msg in content."""

    mode: Mode
    """The mode the gate is in."""
    source: Source | None
    """Whose command the car follows; None while it is neutral."""
    refusal: Refusal
    """Latest refusal or stop since the mode was set."""
    reason: str
    """The sentence that explains it; empty if there is none."""
    max_speed: float
    """Speed limit in force [m/s]."""
    passed: int
    """Commands passed on since the start."""
    limited: int
    """Commands among them that were held to the speed limit or a rate limit."""
    refused: int
    """Commands refused since the start."""


class CommandGate:
    """Takes the commands of all sources and the time; gives what to send to the car."""

    def __init__(self, limits: GateLimits | None = None) -> None:
        """Start in STOPPED with the speed limit of `limits` (default: `GateLimits()`)."""
        self._limits = limits or GateLimits()
        self._max_speed = self._limits.max_speed
        self._mode = Mode.STOPPED
        self._cause = "it is STOPPED after every start"
        self._now = 0
        self._heard = 0  # when the driver last gave a usable command, or the mode began
        self._driving: DriveCommand | None = None  # what the car follows; None: neutral
        self._asked: tuple[Source, DriveCommand] | None = None  # the same, before it was held
        self._newest: dict[Source, int] = {}  # stamp of the last command taken from each source
        self._handed_over: int | None = None  # when set_mode ended MANUAL, if it did so last
        self._last_refusal = Refused(Refusal.NONE, "")
        self._passed = self._limited = self._refused = 0

    @property
    def status(self) -> GateStatus:
        """The state after the latest call."""
        return GateStatus(
            mode=self._mode,
            source=DRIVERS[self._mode] if self._driving else None,
            refusal=self._last_refusal.code,
            reason=self._last_refusal.reason,
            max_speed=self._max_speed,
            passed=self._passed,
            limited=self._limited,
            refused=self._refused,
        )

    @property
    def goes_forwards(self) -> bool:
        """Whether the car follows a command to go forwards."""
        return self._driving is not None and self._driving.speed > 0.0

    def command(self, source: Source, command: DriveCommand, now: int) -> DriveCommand | None:
        """Judge a command that arrived at `now` [ns].

        Returns:
            What to send to the car: the command, or neutral if it is refused. None if there is
            nothing to send, because it came from a source that another one outranks, or from a
            human who has just handed over.
        """
        stopped = self._advance(now)
        if source > DRIVERS.get(self._mode, source):
            if self._is_left_over(command):
                return stopped
            self._mode, self._heard = Mode.MANUAL, now
        if self._driving and (source, command) == self._asked:
            return self._driving
        refused = self._judge(source, command)
        if refused is None:
            return self._pass_on(source, command)
        self._refused += 1
        self._last_refusal = Refused(refused.code, f"{source.name} refused: {refused.reason}")
        if refused.code is Refusal.PRIORITY:
            return stopped
        self._driving = None
        return self._neutral(command.stamp)

    def tick(self, now: int) -> DriveCommand | None:
        """Notice silence: to be called periodically with the time [ns].

        Returns:
            Neutral, to be sent to the car, if it has to stop now; None if nothing changes.
        """
        return self._advance(now)

    def set_mode(self, mode: Mode, now: int) -> DriveCommand | None:
        """Enter a mode at `now` [ns], in neutral until its driver's next command.

        Returns:
            Neutral, to be sent to the car, if it was driving; None if it stands already.

        Raises:
            ModeError: the way between calibration and driving leads through STOPPED; the mode is
                unchanged.
        """
        if Mode.CALIBRATION in (self._mode, mode) and DRIVERS.keys() & {self._mode, mode}:
            raise ModeError(
                f"cannot change from {self._mode.name} to {mode.name}: a car whose calibration "
                f"changes must stand; set the mode STOPPED first"
            )
        stopped = self._advance(now) or self._release()
        self._handed_over = now if self._mode is Mode.MANUAL else None
        self._mode, self._heard = mode, now
        self._cause = "set_mode asked for it"
        self._last_refusal = Refused(Refusal.NONE, "")
        return stopped

    def stop(self, code: Refusal, cause: str, now: int) -> DriveCommand | None:
        """Enter STOPPED at `now` [ns], because of what somebody else has noticed.

        Args:
            code: The reason as a code.
            cause: It in words, and what to do about it.
            now: The time [ns].

        Returns:
            Neutral, to be sent to the car, if it was driving; None if it stands already.
        """
        stopped = self._advance(now)
        return self._stop(code, cause) or stopped

    def set_max_speed(self, max_speed: float) -> None:
        """Hold all further commands to `max_speed` [m/s], forwards and backwards.

        Raises:
            ConfigError: it is not within 0 and the `max_speed` of the limits.
        """
        if not 0.0 <= max_speed <= self._limits.max_speed:
            raise ConfigError(
                f"max_speed {max_speed} m/s: give a value from 0 to {self._limits.max_speed} m/s"
            )
        self._max_speed = max_speed
        self._asked = None  # it was held to another limit

    def _advance(self, now: int) -> DriveCommand | None:
        """Move to `now` and stop for what the time brings; neutral if that ends a drive."""
        back, self._now = self._now - now, now
        if back > 0:
            self._newest.clear()
            return self._stop(Refusal.CLOCK, f"the clock ran back by {back / NANOSECONDS:.3f} s")
        driver, silence = DRIVERS.get(self._mode), now - self._heard
        if driver and silence > self._limits.max_silence:
            cause = f"nothing usable came from {driver.name} for {silence / NANOSECONDS:.3f} s"
            return self._stop(Refusal.STALE, cause)
        stale = self._driving and check_age(self._driving.stamp, now, self._limits)
        if not stale:
            return None
        self._last_refusal = stale
        return self._release()

    def _is_left_over(self, command: DriveCommand) -> bool:
        """Whether a human, who drives no longer, was at rest when he handed over just now."""
        if self._handed_over is None or self._now - self._handed_over > HAND_OVER:
            return False
        return command.steering_angle == 0.0 and command.speed == 0.0

    def _judge(self, source: Source, command: DriveCommand) -> Refused | None:
        driver = DRIVERS.get(self._mode)
        if driver is None:
            return Refused(
                Refusal.MODE,
                f"the mode is {self._mode.name}, because {self._cause}; change it with set_mode",
            )
        if source < driver:
            return Refused(
                Refusal.PRIORITY,
                f"in {self._mode.name} only {driver.name} drives; hand over with set_mode",
            )
        newest = self._newest.get(source)
        return check_stamp(command.stamp, newest, self._now, self._limits) or check_values(
            command, self._limits
        )

    def _pass_on(self, source: Source, command: DriveCommand) -> DriveCommand:
        """Hold an accepted command to speed and rate limits and let the car follow it."""
        self._asked, self._driving = (source, command), (held := self._hold(command))
        self._newest[source] = command.stamp
        self._heard = self._now
        self._passed += 1
        self._limited += held != command
        return held

    def _hold(self, command: DriveCommand) -> DriveCommand:
        limits, previous = self._limits, self._driving or DriveCommand(0, 0.0, 0.0)
        # By the stamps, so that simulation repeats exactly; no change saves up during a long pause.
        newest = max(self._newest.values(), default=command.stamp - limits.max_age)
        elapsed = min(max(command.stamp - newest, 0), limits.max_age) / NANOSECONDS
        speed = min(max(command.speed, -self._max_speed), self._max_speed)
        return DriveCommand(
            command.stamp,
            limit_steering(
                command.steering_angle, previous.steering_angle, limits.max_steering_rate * elapsed
            ),
            limit_speed(speed, previous.speed, limits.max_acceleration * elapsed),
        )

    def _stop(self, code: Refusal, cause: str) -> DriveCommand | None:
        self._mode = Mode.STOPPED
        self._cause = cause
        self._last_refusal = Refused(code, cause)
        return self._release()

    def _release(self) -> DriveCommand | None:
        """Let go of the command that the car follows; return neutral if there was one."""
        driving, self._driving = self._driving, None
        return self._neutral(self._now) if driving else None

    def _neutral(self, stamp: int) -> DriveCommand:
        """Neutral as answer to a command stamped `stamp`, moved to where a stamp is believed."""
        earliest, latest = self._now - self._limits.max_age, self._now + self._limits.max_lead
        return DriveCommand(min(max(stamp, earliest), latest), 0.0, 0.0)
