"""Evaluations: what they measure, and how policies are compared."""

from __future__ import annotations

import pytest
import torch
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import WorkerError
from deepracer_core.reward.source import RewardFunction
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.training.background_examiner import BackgroundExaminer
from deepracer_sim.training.environments import evaluation_environment, training_environment
from deepracer_sim.training.evaluation import Evaluation, Evaluator, Trial
from deepracer_sim.training.examiner import Examiner, Verdict
from deepracer_sim.training.networks import ActorCritic
from training_samples import discrete_settings, small_config

REWARD = RewardFunction("def reward_function(params):\n    return 1.0\n")
DONE, OFF = EpisodeStatus.LAP_COMPLETE, EpisodeStatus.OFF_TRACK


def trials(*laps: int, seconds: float = 30.0) -> Evaluation:
    """Trials of three laps; the incomplete ones ended in the middle of a lap."""
    return Evaluation(
        tuple(
            Trial(n, 100 * (n + 0.5 * (n < 3)) / 3, seconds, DONE if n == 3 else OFF) for n in laps
        ),
        3,
    )


def straight_on(config) -> ActorCritic:
    """A policy that never steers."""
    network = ActorCritic(config.spec, "slim")
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.copy_(torch.tensor([0.0, 9.0, 0.0]))
    return network


@pytest.fixture(scope="module")
def config():
    return small_config(action_space=discrete_settings())


@pytest.fixture(scope="module")
def training(config):
    return training_environment(config, REWARD)


@pytest.fixture(scope="module")
def background(config, training):
    examiner = BackgroundExaminer(training, config.spec.preprocessing, seed=0)
    yield examiner
    examiner.close()


def test_who_never_steers_leaves_the_track_everywhere(config, training):
    world = evaluation_environment(training, "planar", 3, advance=1 / 4)
    evaluator = Evaluator(world, config.spec.preprocessing, 4)
    evaluation = evaluator.evaluate(straight_on(config), seed=1)
    assert [trial.status for trial in evaluation.trials] == [OFF] * 4
    assert not evaluation.is_perfect
    assert (evaluation.laps, evaluation.lap_time) == (0, None)
    # it gets further where the track is straight
    assert len({round(trial.progress, 3) for trial in evaluation.trials}) == 4
    for trial in evaluation.trials:
        assert 0 < trial.progress < 20
        assert trial.seconds == pytest.approx(
            round(trial.seconds / CONTROL_PERIOD) * CONTROL_PERIOD
        )
    assert evaluator.evaluate(straight_on(config), seed=1) == evaluation
    assert evaluator.evaluate(straight_on(config), seed=2) != evaluation
    assert evaluator.evaluate(straight_on(config), 1, is_over=lambda: True) is None
    evaluator.close()


def test_who_fails_at_home_is_not_sent_abroad(config, training, background):
    examiner = Examiner(training, config.spec.preprocessing, seed=0)
    verdict = examiner.examine(straight_on(config), 0, lambda: False)
    background.begin(straight_on(config), 0)
    assert background.is_busy
    assert background.verdict(lambda: False) == verdict
    assert not background.is_busy
    assert verdict.transfer is None
    assert not verdict.is_good
    assert len(verdict.home.trials) == 8
    assert examiner.examine(straight_on(config), 0, lambda: True) is None
    examiner.close()


def test_an_examination_is_given_up_with_its_process(config, background):
    background.begin(straight_on(config), 1)
    assert background.verdict(lambda: True) or background.verdict(lambda: False)
    background._process.kill()
    background._process.join()
    background.begin(straight_on(config), 2)
    with pytest.raises(WorkerError, match="the process that evaluates has ended"):
        background.verdict(lambda: False)
    background.close()
    assert background._process.exitcode is not None


def test_numbers_of_an_evaluation():
    evaluation = trials(3, 3, 1)
    assert evaluation.laps == 7
    assert evaluation.completed == 2
    assert evaluation.progress == pytest.approx((100 + 100 + 50) / 3)
    assert evaluation.lap_time == pytest.approx(10.0)
    assert str(evaluation) == "2/3 trials, 83 %, 10.0 s a lap"
    assert str(trials(0)) == "0/1 trials, 17 %"


def test_policies_are_compared_by_laps_then_mujoco_then_time():
    ordered = [
        Verdict(trials(0, 0)),
        Verdict(trials(2, 2)),
        Verdict(trials(3, 2)),
        Verdict(trials(3, 3)),
        Verdict(trials(3, 3), trials(3, 0)),
        Verdict(trials(3, 3), trials(3, 3)),
        Verdict(trials(3, 3, seconds=29), trials(3, 3)),
    ]
    ranks = [verdict.rank for verdict in ordered]
    assert ranks == sorted(ranks)
    assert len({tuple(rank) for rank in ranks}) == len(ranks)
    assert [verdict.is_good for verdict in ordered] == [False] * 5 + [True] * 2


def test_evaluations_have_their_place_in_the_metrics():
    (trial,) = trials(2).trials
    result = trial.result(start_time=100.0)
    assert (result.start_time, result.end_time) == (100.0, 130.0)
    assert result.progress == trial.progress
