"""Workers that are killed, hang, fail or must end: never a hang, never a loss for the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import (
    ConfigError,
    RewardRaisedError,
    RewardSyntaxError,
    SimulationError,
    WorkerError,
)
from deepracer_core.reward.source import RewardFunction
from deepracer_sim import worker_pool
from deepracer_sim.rewards import sandboxed, trusted
from deepracer_sim.vector_env import DeepRacerVectorEnv
from deepracer_sim.worker_pool import Patience
from env_samples import TRACK, failing_reward, progress_reward, small_env, wandering_actions

CARS = 4
FIRST, SECOND = slice(0, 2), slice(2, 4)  # cars of the two workers
ACTIONS = wandering_actions(12, CARS)
SHARED = Path("/dev/shm")


def processes(env):
    return [worker._process for worker in env._pool._workers]


@pytest.fixture
def make_env():
    """Makes environments with two workers, and checks that nothing is left of them."""
    before = {*SHARED.iterdir()}
    children = []
    envs = []

    def make(patience=None, **options):
        config = small_env(**options)
        env = DeepRacerVectorEnv(config, CARS, workers=2, patience=patience)
        envs.append(env)
        env.reset(seed=0)
        return env

    yield make
    for env in envs:
        children += processes(env)
        env.close()
    assert not any(child.is_alive() for child in children)
    left = {path for path in {*SHARED.iterdir()} - before if "fastdds" not in path.name}
    assert not left


def undisturbed(steps):
    """What the cars get if nothing happens to their workers."""
    env = DeepRacerVectorEnv(small_env(make_rewards=trusted(progress_reward)), CARS)
    env.reset(seed=0)
    log = [env.step(actions) for actions in ACTIONS[:steps]]
    env.close()
    return log


def assert_only_the_second_worker_was_lost(env, log):
    expected = undisturbed(len(log))
    for (images, reward, *_), (same_images, same_reward, *_) in zip(log, expected):
        assert (images[FIRST] == same_images[FIRST]).all()
        assert (reward[FIRST] == same_reward[FIRST]).all()
    _, reward, terminated, truncated, infos = log[3]
    assert infos["lost"].tolist() == truncated.tolist() == [False, False, True, True]
    assert not terminated.any()
    assert (reward[SECOND] == 0.0).all()
    assert (infos["final_obs"][2] == log[2][0][2]).all()
    assert not log[4][4]["lost"].any()
    assert log[4][4]["steps"].tolist() == [5, 5, 1, 1]
    assert env.episodes.tolist() == [0, 1, 6, 7]


def test_a_killed_worker_is_replaced(make_env):
    env = make_env(make_rewards=trusted(progress_reward))
    log = [env.step(actions) for actions in ACTIONS[:3]]
    os.kill(processes(env)[1].pid, signal.SIGKILL)
    log += [env.step(actions) for actions in ACTIONS[3:6]]
    assert_only_the_second_worker_was_lost(env, log)


def test_a_hanging_worker_is_replaced(make_env):
    env = make_env(Patience(step=5.0), make_rewards=trusted(progress_reward))
    log = [env.step(actions) for actions in ACTIONS[:3]]
    os.kill(processes(env)[1].pid, signal.SIGSTOP)
    log += [env.step(actions) for actions in ACTIONS[3:6]]
    assert_only_the_second_worker_was_lost(env, log)


def test_all_workers_may_be_lost_at_once_and_in_a_reset(make_env):
    env = make_env()
    for process in processes(env):
        os.kill(process.pid, signal.SIGKILL)
    images, _ = env.reset(seed=5)
    alone = DeepRacerVectorEnv(small_env(), CARS)
    assert (images == alone.reset(seed=5)[0]).all()
    alone.close()


def test_one_gives_up_on_a_worker_that_is_lost_again_and_again(make_env, monkeypatch):
    monkeypatch.setattr(worker_pool, "MAX_RESTARTS", 0)
    env = make_env()
    os.kill(processes(env)[0].pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="cars 0 to 1 was killed by SIGKILL"):
        env.step(ACTIONS[0])
    with pytest.raises(WorkerError, match="closed"):
        env.step(ACTIONS[0])
    with pytest.raises(WorkerError, match="closed"):
        env.reset()


def test_a_bug_in_a_worker_is_an_error_and_not_a_restart(make_env, capfd):
    env = make_env(make_rewards=trusted(failing_reward))
    for actions in ACTIONS[:2]:
        env.step(actions)
    with pytest.raises(WorkerError, match="ended with exit code 1"):
        env.step(ACTIONS[2])
    assert "RuntimeError: a bug" in capfd.readouterr().err


def test_a_failing_reward_function_is_raised_and_reset_goes_on(make_env):
    source = "def reward_function(params):\n    return 1.0 / (2 - params['steps'])"
    env = make_env(make_rewards=sandboxed(RewardFunction(source), TRACK.world_bounds))
    env.step(ACTIONS[0])
    with pytest.raises(RewardRaisedError, match="line 2"):
        env.step(ACTIONS[1])
    env.reset(seed=0)
    assert env.step(ACTIONS[0])[1].tolist() == [1.0] * CARS
    assert all(process.is_alive() for process in processes(env))


def test_a_step_that_was_given_up_does_not_answer_the_next_one(make_env):
    env = make_env()
    env.step_async(ACTIONS[0])  # as if Ctrl-C had come while waiting
    images, _ = env.reset(seed=0)
    again, _ = env.reset(seed=0)
    assert (images == again).all()
    assert env.step(ACTIONS[0])[4]["steps"].tolist() == [1] * CARS


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"engine": "gazebo"}, SimulationError),
        (
            {"make_rewards": sandboxed(RewardFunction("def reward_function("), TRACK.world_bounds)},
            RewardSyntaxError,
        ),
    ],
)
def test_what_is_impossible_is_told_at_the_start(options, error):
    with pytest.raises(error):
        DeepRacerVectorEnv(small_env(**options), 1, workers=1)


def test_more_workers_than_cars_are_refused():
    with pytest.raises(ConfigError, match="3 workers for 2 cars"):
        DeepRacerVectorEnv(small_env(), 2, workers=3)


PARENT = """
import os, sys
sys.path.insert(0, {folder!r})
from env_samples import small_env
from deepracer_sim.vector_env import DeepRacerVectorEnv
if __name__ == "__main__":
    env = DeepRacerVectorEnv(small_env(), 2, workers=1)
    env.reset(seed=0)
    print(env._pool._workers[0]._process.pid, flush=True)
    sys.stdin.readline()
    {end}
"""


@pytest.mark.parametrize("end", ["pass", "os.kill(os.getpid(), 9)", "raise SystemExit(3)"])
def test_workers_end_with_their_parent_however_it_ends(end, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(folder=str(Path(__file__).parent), end=end))
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        worker = int(parent.stdout.readline())
        gone = os.pidfd_open(worker)
        parent.communicate("\n", timeout=60)
    ended = threading.Event()
    threading.Thread(target=lambda: (_wait(gone), ended.set()), daemon=True).start()
    assert ended.wait(30.0)
    os.close(gone)


def _wait(descriptor):
    import select

    select.select([descriptor], [], [])


def test_memory_does_not_grow(make_env):
    env = make_env(make_rewards=trusted(progress_reward))
    actions = np.resize(ACTIONS, (900, CARS))

    def resident():
        pages = [Path(f"/proc/{p.pid}/statm").read_text().split()[1] for p in processes(env)]
        return max(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")

    for row in actions[:300]:
        env.step(row)
    before = resident()
    for row in actions[300:]:
        env.step(row)
    assert resident() - before < 2 * 1024 * 1024
