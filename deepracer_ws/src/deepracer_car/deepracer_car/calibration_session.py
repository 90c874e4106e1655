"""A guided calibration: what each step asks for, what the car does meanwhile, what comes out of it.

| step      | the car                        | what is found                              |
|-----------|--------------------------------|--------------------------------------------|
| wheels up | neutral                        | (the car is put on a stand)                |
| centre    | servo at the pulse being set   | the servo's mid                            |
| left      | same                           | the servo's end to the left                |
| right     | same                           | the other end, and with it the polarity    |
| forward   | motor at the pulse, from stop  | the motor's end forwards                   |
| stop      | motor at the pulse             | the motor's mid                            |
| backward  | motor at the pulse, from stop  | the other end, and with it the polarity    |
| review    | neutral                        | (everything is shown and saved)            |

Stop comes between the directions, because an ESC goes backwards only after it has seen neutral. A
step that is left without a change keeps the value there is, so that parts can be calibrated alone.
A motor step that nobody touches for a while goes back to stop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from deepracer_core.errors import CalibrationError

from deepracer_car.calibration import MAX_PULSE, MIN_PULSE, Calibration, PulseRange
from deepracer_car.pwm import Channel, Duties

COARSE, FINE = 10_000, 2_000
"""[ns] per key; the console of the stock car has 10,000 for the servo and 4,500 for the motor."""
IDLE_LIMIT = 20.0
"""[s] without a key after which the motor stops."""

CHANGES = {"w": COARSE, "s": -COARSE, "e": FINE, "d": -FINE}
NEXT, BACK, RESTORE, QUIT = "\n", "b", "r", "q"
HELP = "w/s: pulse +/-10 us   e/d: +/-2 us   Enter: next   b: back   r: restore backup   q: quit"


class Step(Enum):
    """The steps in their order; the value is what the person is asked for."""

    WHEELS_UP = "Put the car on a stand: all wheels must turn freely."
    CENTRE = "Steer until the front wheels point straight ahead."
    LEFT = "Steer to the left until the wheels turn no further."
    RIGHT = "Steer to the right until the wheels turn no further."
    FORWARD = "Change the pulse until the wheels turn forwards as fast as they ever shall."
    STOP = "Change the pulse until the wheels stand."
    BACKWARD = "Change the pulse until the wheels turn backwards as fast as they ever shall."
    REVIEW = "Enter saves this calibration."


class Outcome(Enum):
    """How a session ends."""

    SAVE = "save"
    RESTORE = "restore"
    QUIT = "quit"


STEPS = list(Step)
SERVO_STEPS = (Step.CENTRE, Step.LEFT, Step.RIGHT)
MOTOR_STEPS = (Step.FORWARD, Step.STOP, Step.BACKWARD)


@dataclass(frozen=True)
class Pulses:
    """What is being found [ns]."""

    centre: int
    left: int
    right: int
    forward: int
    stop: int
    backward: int

    @classmethod
    def of(cls, calibration: Calibration) -> Pulses:
        """The pulses of a calibration."""
        servo, motor = calibration.servo, calibration.motor
        return cls(
            centre=servo.mid,
            left=servo.duty(1.0),
            right=servo.duty(-1.0),
            forward=motor.duty(1.0),
            stop=motor.mid,
            backward=motor.duty(-1.0),
        )

    def calibration(self) -> Calibration:
        """Inverse of `of`.

        Raises:
            CalibrationError: the ends of a channel do not lie on two sides of its middle.
        """
        return Calibration(
            servo=_range("left", self.left, "centre", self.centre, "right", self.right),
            motor=_range("forward", self.forward, "stop", self.stop, "backward", self.backward),
        )


class CalibrationSession:
    """Takes keys and the time; gives pulses and what to show. Times are seconds."""

    def __init__(self, calibration: Calibration, now: float) -> None:
        """Begin with the calibration that the car has."""
        self._pulses = Pulses.of(calibration)
        self._step = Step.WHEELS_UP
        self._touched = now
        self._pulse: int | None = None  # being set in this step; None: not changed yet
        self.complaint = ""
        """What is wrong with the latest key, or empty."""
        self.outcome: Outcome | None = None
        """How the session has ended; None: it has not."""

    @property
    def step(self) -> Step:
        """The step that the person is at."""
        return self._step

    @property
    def calibration(self) -> Calibration:
        """What has been found.

        Raises:
            CalibrationError: it is no calibration yet.
        """
        return self._pulses.calibration()

    @property
    def duties(self) -> Duties:
        """What the car gets now."""
        motor, servo = self._pulses.stop, self._pulses.centre
        if self._step in MOTOR_STEPS:
            motor = self._shown()
        elif self._step in SERVO_STEPS:
            servo = self._shown()
        return {Channel.MOTOR: motor, Channel.SERVO: servo}

    def key(self, key: str, now: float) -> None:
        """Take a key; one that means nothing is ignored."""
        self._touched = now
        self.complaint = ""
        if key in CHANGES:
            self._change(CHANGES[key])
        elif key == NEXT:
            self._accept()
        elif key == BACK:
            self._go(-1)
        elif key == RESTORE:
            self.outcome = Outcome.RESTORE
        elif key == QUIT:
            self.outcome = Outcome.QUIT

    def tick(self, now: float) -> None:
        """Let time pass: a motor that nobody minds is stopped."""
        runs = self._step in MOTOR_STEPS and self._pulse is not None
        if runs and now - self._touched > IDLE_LIMIT:
            self._pulse = None
            self.complaint = "The motor was stopped, because no key was pressed for a while."

    def describe(self) -> str:
        """The state in lines for a terminal."""
        number = STEPS.index(self._step) + 1
        lines = [f"Step {number} of {len(STEPS)}: {self._step.value}"]
        if self._step in (*SERVO_STEPS, *MOTOR_STEPS):
            lines.append(f"pulse {self._shown() / 1000:.0f} us")
        values = (f"{name} {pulse / 1000:.0f}" for name, pulse in vars(self._pulses).items())
        lines.append(f"[us] {', '.join(values)}")
        return "\n".join([*lines, HELP, self.complaint])

    def _shown(self) -> int:
        """The pulse of the channel that this step is about."""
        if self._pulse is not None:
            return self._pulse
        # A motor step begins at stop, whatever its end is: nobody expects wheels to spin.
        name = "stop" if self._step in MOTOR_STEPS else self._step.name.lower()
        pulse: int = getattr(self._pulses, name)
        return pulse

    def _change(self, difference: int) -> None:
        if self._step not in (*SERVO_STEPS, *MOTOR_STEPS):
            self.complaint = "There is nothing to change in this step; Enter goes on."
            return
        wanted = self._shown() + difference
        if MIN_PULSE <= wanted <= MAX_PULSE:
            self._pulse = wanted
        else:
            self.complaint = "Servos understand no pulse beyond this."

    def _accept(self) -> None:
        """Keep the pulse of this step and go on, if it fits the others found so far."""
        if self._step is Step.REVIEW:
            self.outcome = Outcome.SAVE
            return
        if self._pulse is not None:
            self._pulses = replace(self._pulses, **{self._step.name.lower(): self._pulse})
        try:
            if self._step in (Step.RIGHT, Step.BACKWARD):
                self._pulses.calibration()
        except CalibrationError as error:
            self.complaint = str(error)
            return
        self._go(1)

    def _go(self, steps: int) -> None:
        index = STEPS.index(self._step) + steps
        self._step = STEPS[max(index, 0)]
        self._pulse = None


def _range(one: str, first: int, middle: str, mid: int, other: str, last: int) -> PulseRange:
    """The range whose positive end is `first`; its polarity says on which side that is."""
    low, high = sorted((first, last))
    if not low <= mid <= high or low == high:
        raise CalibrationError(
            f"{one} {first / 1000:.0f} us and {other} {last / 1000:.0f} us do not lie on two sides "
            f"of {middle} {mid / 1000:.0f} us: go back and find them again"
        )
    return PulseRange(min=low, mid=mid, max=high, polarity=1 if first > last else -1)
