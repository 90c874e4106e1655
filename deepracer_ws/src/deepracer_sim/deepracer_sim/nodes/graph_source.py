"""Training through the ROS graph: graphs drive by the policy of now, and what they tell is kept."""

from __future__ import annotations

import copy
import shutil
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import rclpy
from deepracer_core import atomic
from deepracer_core.bundle.layout import MODEL_METADATA, POLICY
from deepracer_core.command_gate import Mode
from deepracer_core.errors import DeepRacerError
from deepracer_core.metrics import EpisodeResult
from deepracer_core.track.track import Track
from deepracer_drive.spinning import spin
from rclpy.node import Node

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.graph_launching import namespaces
from deepracer_sim.nodes.episode_caller import EpisodeCaller
from deepracer_sim.nodes.graph_link import LOOK_PERIOD, Graph, Watch
from deepracer_sim.rollout import episode_start
from deepracer_sim.start import Start, both_directions
from deepracer_sim.training.experience import Experience, SourceSetup
from deepracer_sim.training.export import export_policy
from deepracer_sim.training.graph_rollout import (
    episode_result,
    fill,
    last_images,
    moment,
)
from deepracer_sim.training.graph_steps import GraphStep
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.step_columns import one_column


class GraphSource:
    """Lets graphs drive and gathers what they tell: `rollout:=graph`.

    An `experience.ExperienceSource`, which explains the methods. Graphs go on while the learner
    learns; what comes meanwhile is a part of the next experience. It ends with ROS.
    """

    def __init__(self, setup: SourceSetup, stop: threading.Event) -> None:
        """Prepare; nothing is heard before `begin`.

        Args:
            setup: what drives, and how.
            stop: tells that one need not wait for the graphs any longer.
        """
        self._setup, self._stop = setup, stop
        self._network = copy.deepcopy(setup.network).cpu()
        self._colours = setup.config.preprocessing.frame_shape[0]
        hyperparameters = setup.config.hyperparameters
        self._capacity = hyperparameters.num_steps_between_training
        self._enough_episodes = hyperparameters.num_episodes_between_training or self._capacity
        self._buffers = [one_column(setup.config.spec, self._capacity) for _ in range(2)]
        self._folder = tempfile.TemporaryDirectory(prefix="deepracer-driver-")
        self._loads = 0
        self._node = Node("experience")
        self._thread = threading.Thread(target=self._spin, name="experience")
        self._arrived = threading.Event()
        self._error: DeepRacerError | None = None
        self._watch = Watch()
        self._names = namespaces(setup.config.num_simulators)
        self._graphs: list[Graph] = []
        self._next_episode = 0

    def begin(self, seed: int, episode: int, time: float = 0.0) -> None:
        """Begin to listen; graphs that are not there yet may come later."""
        self._next_episode = episode
        self._times = [time] * len(self._names)
        self._graphs = [self._listen(seed, number) for number in range(len(self._names))]
        self._thread.start()

    def behave_like(self, network: PolicyNetwork) -> None:
        """Drive as this network does from now on.

        Raises:
            TrainingError: a graph does not take it.
        """
        self._network.load_state_dict(network.state_dict())
        if self._loads:
            self._load()

    def collect(self, is_over: Callable[[], bool]) -> Experience:
        """Wait until there is enough to train with.

        Raises:
            TrainingError: a part of a graph is gone.
        """
        taken: list[list[GraphStep]] = [[] for _ in self._graphs]
        episodes: list[EpisodeResult] = []
        while not self._loads and not is_over():
            self._wait()
            if all(graph.can_load for graph in self._graphs):
                self._load()
        while not is_over() and not self._take(taken, episodes):
            self._wait()
        buffer = self._buffers.pop(0)
        self._buffers.append(buffer)
        buffer.clear()
        fill(buffer, taken, self._network)
        images = last_images(taken, self._setup.config.spec)
        return Experience(buffer, images, episodes, self._next_episode, max(self._times))

    def close(self) -> None:
        """End to listen, and ROS in this process."""
        rclpy.try_shutdown()
        if self._thread.is_alive():
            self._thread.join()
        self._node.destroy_node()
        self._folder.cleanup()

    def _listen(self, seed: int, number: int) -> Graph:
        """Begin to hear a graph, and to begin its episodes."""
        environments = self._setup.environment.tracks
        environment = environments[number % len(environments)]
        tracks = both_directions(Track.from_definition(environment.definition))

        def start_of(episode: int) -> Start:
            return episode_start(environment, tracks, seed, episode)

        make_caller = partial(EpisodeCaller, self._node, Mode.AUTONOMOUS, self._number, start_of)
        name = self._names[number]
        return Graph(self._node, name, self._setup, make_caller, self._arrived.set)

    def _spin(self) -> None:
        try:
            spin(self._node)
        except DeepRacerError as error:
            self._error = error

    def _number(self) -> int:
        self._next_episode += 1
        return self._next_episode - 1

    def _take(self, taken: list[list[GraphStep]], episodes: list[EpisodeResult]) -> bool:
        """Take steps in turn from each graph, until there are enough; tell whether there are."""
        while any(graph.joiner.steps for graph in self._graphs):
            for number, graph in enumerate(self._graphs):
                enough = sum(map(len, taken)) >= self._capacity
                if enough or len(episodes) >= self._enough_episodes:
                    return True
                if graph.joiner.steps:
                    step = graph.joiner.steps.popleft()
                    taken[number].append(step)
                    episodes += self._note(number, step)
        return False

    def _note(self, number: int, step: GraphStep) -> list[EpisodeResult]:
        """Show a step to the watchers; return its episode if that ends with it."""
        self._times[number] += CONTROL_PERIOD
        time = self._times[number]
        if step.states is not None:
            seen = moment(step, self._colours, time)
            for watch in self._setup.watchers:
                watch(seen)
        return [episode_result(step, time)] if step.judgement.done else []

    def _wait(self) -> None:
        """Wait until something has come or it is time to look who is there.

        Raises:
            TrainingError: a part of a graph is gone.
        """
        self._arrived.wait(LOOK_PERIOD)
        self._arrived.clear()
        if self._error is not None:
            raise self._error
        self._watch.look(self._graphs)

    def _load(self) -> None:
        """Give the graphs the network of now, under a name of its own."""
        config = self._setup.config
        self._loads += 1
        folder = Path(self._folder.name) / f"{config.name}-{self._loads}"
        policy = export_policy(self._network, config.spec, config.network)
        with atomic.new_directory(folder) as staged:
            (staged / MODEL_METADATA).write_text(config.spec.metadata.to_json())
            (staged / POLICY).write_bytes(policy)
        for graph in self._graphs:
            graph.load(folder, self._stop)
        shutil.rmtree(folder)  # it is loaded
