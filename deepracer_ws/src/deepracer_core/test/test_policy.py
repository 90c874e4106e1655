"""A policy at work: the same numbers as plain numpy, memory, trial runs, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc

import numpy as np
import onnx
import pytest
from deepracer_core import policy_trial
from deepracer_core.camera import CameraPreprocessor, Preprocessing
from deepracer_core.errors import CameraError, ConfigError, PolicyError
from deepracer_core.networks import ARCHITECTURES, untrained_policy
from deepracer_core.policy import Policy
from deepracer_core.policy_trial import try_policy
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from policy_samples import (
    SMALL,
    continuous_metadata,
    discrete_metadata,
    edited,
    make_spec,
    sample_policy,
)


def frames(count: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 120, 160, 3), dtype=np.uint8)


def forward(data: bytes, image: NDArray[np.uint8], architecture: str) -> NDArray[np.float64]:
    """The network's last layer before its head, in plain numpy: (outputs,)."""
    tensors = onnx.load_model_from_string(data).graph.initializer
    weights = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in tensors}
    names = iter([name for name in weights if name.endswith("weight")])
    values = image[0] / 255.0
    for layer in ARCHITECTURES[architecture].convolutions:
        kernel = weights[next(names)]
        size, step = (layer.kernel, layer.kernel), layer.stride
        windows = sliding_window_view(values, size, axis=(1, 2))[:, ::step, ::step]
        values = np.maximum(np.einsum("crwij,fcij->frw", windows, kernel), 0)
    values = values.reshape(-1)
    for _ in ARCHITECTURES[architecture].dense:
        values = np.maximum(weights[next(names)] @ values, 0)
    return weights[next(names)] @ values


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("spec", [SMALL, Preprocessing(colour="rgb", frames=2)])
def test_discrete_decisions_are_those_of_numpy(architecture, spec):
    data = untrained_policy(make_spec(discrete_metadata(), spec), architecture)
    policy, camera = Policy.load(data), CameraPreprocessor(spec)
    for image in frames(3):
        decision = policy.decide(image)
        logits = forward(data, camera.process(image), architecture)
        expected = np.exp(logits - logits.max())
        expected /= expected.sum()
        np.testing.assert_allclose(decision.distribution, expected, atol=1e-5)
        assert decision.action == expected.argmax()
        actions = policy.spec.metadata.action_space
        assert (decision.steering_angle, decision.speed) == actions[decision.action]


def test_continuous_decisions_are_those_of_numpy():
    data = sample_policy(continuous_metadata())
    policy, camera = Policy.load(data), CameraPreprocessor(SMALL)
    for image in frames(3):
        decision = policy.decide(image)
        mean = forward(data, camera.process(image), "slim")
        np.testing.assert_allclose(decision.distribution, [*mean, 1, 1], atol=1e-5)
        assert decision.action == -1
        steering, speed = np.clip(mean, -1, 1)
        assert np.degrees(decision.steering_angle) == pytest.approx(5 + 25 * steering, abs=1e-3)
        assert decision.speed == pytest.approx(1.25 + 0.75 * speed, abs=1e-4)


def test_decisions_keep_their_distribution():
    policy = Policy.load(sample_policy())
    first = policy.decide(frames(1)[0])
    kept = first.distribution.copy()
    second = policy.decide(frames(1, seed=1)[0])
    np.testing.assert_array_equal(first.distribution, kept)
    assert (second.distribution != kept).any()


def test_reset_forgets_pictures_and_repeats_random_actions():
    spec = make_spec(discrete_metadata(), Preprocessing(80, 60, 15, frames=3))
    policy = Policy.load(untrained_policy(spec))
    episodes = []
    for _ in range(2):
        policy.reset(seed=5)
        episodes.append([policy.decide(image, sample=True) for image in frames(20)])
    actions = [[d.action for d in episode] for episode in episodes]
    assert actions[0] == actions[1]
    assert len(set(actions[0])) > 3
    for one, two in zip(*episodes):
        np.testing.assert_array_equal(one.distribution, two.distribution)
    assert [policy.decide(image, sample=True).action for image in frames(20)] != actions[0]


def test_greedy_and_sampled_do_not_disturb_each_other():
    one, two = Policy.load(sample_policy(), seed=1), Policy.load(sample_policy(), seed=1)
    for image in frames(10):
        one.decide(image)
        assert one.decide(image, sample=True).action == two.decide(image, sample=True).action


def test_stereo_decides_from_two_images():
    metadata = discrete_metadata().replace("FRONT_FACING_CAMERA", "STEREO_CAMERAS")
    spec = make_spec(metadata, Preprocessing(cameras=2))
    policy = Policy.load(untrained_policy(spec))
    left, right = frames(2)
    one, two = policy.decide(left, right), policy.decide(right, left)
    assert (one.distribution != two.distribution).any()
    with pytest.raises(CameraError, match="1 images given, the network sees 2 cameras"):
        policy.decide(left)


def test_steady_state_allocates_nothing_large():
    policy = Policy.load(sample_policy())
    image = np.zeros((480, 640, 3), np.uint8)
    policy.decide(image)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            policy.decide(image, sample=True)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 8192
    assert after - before < 8192


def test_name_is_that_of_the_model():
    assert Policy.load(sample_policy()).name == "sample"
    assert Policy(sample_policy(), name="clone").name == "clone"


def logarithm_head(model: onnx.ModelProto) -> None:
    """Replace the softmax by a logarithm: NaN for what is negative, and no probabilities."""
    model.graph.node[-1].op_type = "Log"
    del model.graph.node[-1].attribute[:]


def no_softmax(model: onnx.ModelProto) -> None:
    model.graph.node[-1].op_type = "Identity"
    del model.graph.node[-1].attribute[:]


def short_bias(model: onnx.ModelProto) -> None:
    """The bias of the head has nine values for ten actions: shape inference does not look."""
    name = model.graph.node[-2].input[2]
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == name)
    bias.CopyFrom(numpy_helper.from_array(np.zeros(9, np.float32), name))


def impossible_reshape(model: onnx.ModelProto) -> None:
    """A reshape to another number of values than there are."""
    flatten = next(node for node in model.graph.node if node.op_type == "Flatten")
    flatten.op_type = "Reshape"
    flatten.input.append("sizes")
    del flatten.attribute[:]
    sizes = numpy_helper.from_array(np.array([1, 999], np.int64), "sizes")
    model.graph.initializer.append(sizes)


REFUSED_AT_WORK = {
    "NaN output": (lambda: edited(logarithm_head), "not finite; take an older checkpoint"),
    "bias of another size": (lambda: edited(short_bias), "inference failed: .* Invalid bias shape"),
    "no softmax": (lambda: edited(no_softmax), "no probabilities; export the network with"),
}


@pytest.mark.parametrize("name", REFUSED_AT_WORK)
def test_policies_that_fail_at_work_are_refused_when_loaded(name):
    make, message = REFUSED_AT_WORK[name]
    with pytest.raises(PolicyError, match=message):
        Policy.load(make())
    with pytest.raises(PolicyError, match=message):
        try_policy(make())


def test_what_passes_the_checks_but_not_onnxruntime_is_refused():
    """An operator of the allow-list with a type that onnxruntime has no kernel for."""

    def change(model: onnx.ModelProto) -> None:
        kind = onnx.TensorProto.BFLOAT16
        model.graph.node.append(helper.make_node("Cast", ["features"], ["b"], to=kind))
        model.graph.node.append(helper.make_node("Softplus", ["b"], ["c"]))

    with pytest.raises(PolicyError, match=r"cannot be run by onnxruntime|malformed"):
        Policy.load(edited(change))


def test_impossible_reshape_is_refused():
    with pytest.raises(PolicyError, match="malformed"):
        Policy.load(edited(impossible_reshape))


def test_trial_passes_a_good_policy():
    try_policy(sample_policy())


def test_what_the_library_says_does_not_get_into_the_reason(monkeypatch, tmp_path):
    stand_in = tmp_path / "python"
    script = "import sys; print('a warning', file=sys.stderr); print('too large'); sys.exit(3)"
    stand_in.write_text(f"#!{sys.executable}\n{script}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(policy_trial.sys, "executable", str(stand_in))
    with pytest.raises(PolicyError, match=r"^too large$"):
        try_policy(sample_policy())


def test_onnxruntime_reports_to_nobody(tmp_path):
    script = "import deepracer_core.policy, os; print(len(os.listdir('/proc/self/task')))"
    environment = {**os.environ, "HOME": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    for name in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"  # no thread that sends
    assert list(tmp_path.iterdir()) == []  # no device id


def test_trial_ends_a_policy_that_takes_too_long():
    with pytest.raises(PolicyError, match=r"did not decide within 0\.001 s"):
        try_policy(sample_policy(), timeout=0.001)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("raise MemoryError('no more')", "failed with code 1.*MemoryError: no more"),
    ],
)
def test_trial_survives_a_crash_of_the_library(monkeypatch, tmp_path, script, message):
    """A stand-in for the interpreter crashes as a broken inference library would."""
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!{sys.executable}\n{script}\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(policy_trial.sys, "executable", str(stand_in))
    with pytest.raises(PolicyError, match=message):
        try_policy(sample_policy())


def test_unknown_networks_and_too_small_images_are_refused():
    with pytest.raises(ConfigError, match="network 'huge' is unknown; use one of"):
        untrained_policy(make_spec(discrete_metadata()), "huge")
    with pytest.raises(ConfigError, match="images of 16x16 are too small"):
        untrained_policy(make_spec(discrete_metadata(), Preprocessing(16, 16)))


def test_untrained_policies_repeat_by_seed():
    spec = make_spec(discrete_metadata())
    assert untrained_policy(spec, seed=3) == untrained_policy(spec, seed=3)
    assert untrained_policy(spec, seed=3) != untrained_policy(spec, seed=4)
