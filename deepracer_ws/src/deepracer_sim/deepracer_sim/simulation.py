"""A simulation: engine, randomisation, camera effects, delays and objects for N cars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from deepracer_core.objects import ObjectStates
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.track import Track

from deepracer_sim.engine import (
    CONTROL_PERIOD_NANOSECONDS,
    Cars,
    CarStates,
    Commands,
    Engine,
    Floats,
    Images,
    ImageSpec,
)
from deepracer_sim.engine_factory import make_engine
from deepracer_sim.image_effects import ImageEffects
from deepracer_sim.latency import FrameDelay
from deepracer_sim.lens import Lens
from deepracer_sim.race_objects import ObjectPlan, RaceObjects
from deepracer_sim.randomisation import (
    LEVELS,
    EpisodeSettings,
    Level,
    draw_settings,
    find_level,
)
from deepracer_sim.start import Start, both_directions, start_poses
from deepracer_sim.vehicle_profile import DEFAULT_PROFILE, load_profile

_NANOSECONDS = 1e9  # in a second


@dataclass(frozen=True)
class SimulationConfig:
    """What is simulated, on whatever track."""

    engine: str = "planar"
    """One of `engine_factory.ENGINES`."""
    profile: str = DEFAULT_PROFILE
    """How the car answers commands, one of `vehicle_profile.profile_names`."""
    image: ImageSpec = field(default_factory=ImageSpec)
    """Size and colours of the camera images."""
    level: str = "none"
    """Of randomisation, one of `randomisation.LEVELS`."""
    objects: ObjectPlan | None = None
    """Obstacles or bot cars, if any."""
    lens: Lens | None = None
    """Distortion of a real lens, if any; `planar` only."""


class Simulation:
    """N cars that do not see each other; the vectorised environment and the ROS node run the same.

    What happens to a car follows from its `Start` and its commands alone, whatever the other cars
    do and however many there are.

    Attributes:
        cars: number of cars N.
        images: (N, *image shape) uint8, what the policy gets now; overwritten by the next call.
    """

    def __init__(
        self,
        engine: Engine,
        track: Track,
        level: Level = LEVELS["none"],
        plan: ObjectPlan | None = None,
        images: Images | None = None,
    ) -> None:
        """Take over an engine; all cars are reset to the start line.

        Args:
            engine: built for the same track, with the level's colour sets.
            track: as it is defined.
            level: of randomisation.
            plan: obstacles or bot cars, if any.
            images: memory to use for the images.

        Raises:
            ConfigError: the objects do not fit on the track.
            SimulationError: the engine cannot show objects.
        """
        shape = engine.render().shape
        self.cars = engine.cars
        self.images = np.empty(shape, np.uint8) if images is None else images
        self._engine = engine
        self._tracks = both_directions(track)
        self._level = level
        self._camera = None if level == LEVELS["none"] else _Camera(self.cars, shape[1:])
        self._race = None if plan is None else RaceObjects(plan, self._tracks, self.cars)
        self._steps = np.zeros(self.cars, np.int64)
        self._race_begin = np.zeros(self.cars)  # time of the race at the start of the episode [s]
        self._all = np.arange(self.cars)
        self.reset(self._all, [Start()] * self.cars)

    @classmethod
    def build(
        cls,
        definition: TrackDefinition,
        cars: int,
        config: SimulationConfig,
        images: Images | None = None,
    ) -> Simulation:
        """Build a simulation with its engine.

        Args:
            definition: the track.
            cars: number of cars N.
            config: what is simulated.
            images: memory to use for the images.

        Raises:
            ConfigError: the objects do not fit on the track, or the lens is impossible.
            SimulationError: engine, profile or level is unknown, or the engine cannot do this.
            TrackError: the track cannot be driven.
        """
        track, level = Track.from_definition(definition), find_level(config.level)
        profile, palettes = load_profile(config.profile), level.colour_sets(definition)
        engine = make_engine(
            config.engine, definition, profile, cars, config.image, palettes, config.lens
        )
        return cls(engine, track, level, config.objects, images)

    @property
    def states(self) -> CarStates:
        """State of all cars now."""
        return self._states

    @property
    def objects(self) -> ObjectStates | None:
        """What stands and drives in the world of each car now, if anything."""
        return self._objects

    @property
    def time(self) -> Floats:
        """(N,) since the start of each car's episode [s].

        Whole nanoseconds divided by 1e9, as the difference of two time stamps gives it.
        """
        time: Floats = self._steps * CONTROL_PERIOD_NANOSECONDS / _NANOSECONDS
        return time

    def reset(self, cars: Cars, starts: Sequence[Start]) -> None:
        """Begin new episodes with the given K cars, standing at their starts; others go on.

        How long a car stands there (`Start.hold`) is up to whoever gives the commands.

        Raises:
            ConfigError: a setting is unknown or out of range.
        """
        fixed = [start.settings for start in starts]
        settings = draw_settings(self._level, [start.seed for start in starts], fixed)
        if any(fixed) and self._camera is None:
            self._camera = _Camera(self.cars, self.images.shape[1:])
        if self._camera is not None:
            self._camera.reset(cars, settings)
        poses = start_poses(starts, self._tracks, settings.lateral_offset, settings.heading_offset)
        self._engine.reset(cars, poses, settings.conditions)
        self._steps[cars] = 0
        self._race_begin[cars] = [start.race_time for start in starts]
        if self._race is not None:
            self._race.reset(cars, starts)
        self._observe(cars)

    def step(self, commands: Commands) -> None:
        """Advance all cars by one control period.

        Args:
            commands: (N, 2) float32, steering angle [rad] and speed [m/s] as they reach the car.

        Raises:
            SimulationError: a command is not finite, or the physics has become unstable.
        """
        self._engine.step(commands)
        self._steps += 1
        self._observe(self._all)

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()

    def _observe(self, cars: Cars) -> None:
        """Note the states, move what drives by itself, and take pictures for these cars."""
        self._states = self._engine.states
        self._objects = None
        if self._race is not None:
            self._objects = self._race.at(self._race_begin + self.time)
            self._engine.place_objects(self._objects)
        pictures = self._engine.render(None if cars is self._all else cars)
        if self._camera is None:
            self.images[cars] = pictures
        else:
            self._camera.effects.apply(pictures, cars)
            self._camera.delay.show(pictures, cars, self.images)


class _Camera:
    """What happens between the lens and the policy."""

    def __init__(self, cars: int, shape: tuple[int, ...]) -> None:
        self.effects = ImageEffects(cars, shape)
        self.delay = FrameDelay(cars, shape)

    def reset(self, cars: Cars, settings: EpisodeSettings) -> None:
        """Begin new episodes with these cars."""
        self.effects.reset(cars, settings.effects)
        self.delay.reset(cars, settings.latency, settings.drop_rate, settings.delay_seeds)
