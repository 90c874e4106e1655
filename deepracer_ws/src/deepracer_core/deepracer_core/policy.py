"""A trained policy at work: camera image in, driving decision out, on one CPU thread.

`Policy.load` checks the network (`policy_check`) before onnxruntime sees it. What comes from
elsewhere is besides run in a process of its own when it is imported (`policy_trial`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.camera import CameraPreprocessor, Image
from deepracer_core.decision import Decision, decide
from deepracer_core.errors import PolicyError
from deepracer_core.onnx_runtime import onnxruntime, runtime_errors
from deepracer_core.policy_check import check_policy
from deepracer_core.policy_spec import INPUT, OUTPUT, PolicySpec

# The first runs allocate; after these the time of a run is steady.
WARM_UP_RUNS = 3

# All that onnxruntime raises for a graph: its classes have no common base, and a bound run that
# fails raises a plain RuntimeError.
RUNTIME_ERRORS = (
    RuntimeError,
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.NotImplemented,
    runtime_errors.RuntimeException,
)


class Policy:
    """One network with its camera preprocessing, for one car.

    Attributes:
        spec: What the network says of itself.
        name: Name of the bundle, or of the model that was trained where there is no bundle.
    """

    def __init__(self, data: bytes, *, name: str | None = None, seed: int | None = None) -> None:
        """Load the bytes of a policy.onnx and warm it up.

        Args:
            data: The file's content.
            name: Name to report; by default the one in the file.
            seed: Seed of the generator that draws actions; by default it differs each time.

        Raises:
            PolicyError: the network is refused, cannot be run, or its output is no distribution.
        """
        self.spec: PolicySpec = check_policy(data)
        self.name = name or self.spec.model
        self._camera = CameraPreprocessor(self.spec.preprocessing)
        self._output = np.zeros((1, self.spec.outputs), np.float32)
        self._session = _create_session(data)
        self._binding = self._bind()
        self._random = np.random.default_rng(seed)
        for _ in range(WARM_UP_RUNS):
            self._run()
        decide(self._output[0], self.spec.metadata.action_space)

    @classmethod
    def load(cls, source: ModelBundle | bytes, *, seed: int | None = None) -> Policy:
        """Load the policy of a bundle, or the bytes of a policy.onnx.

        Raises:
            PolicyError: the network is refused; see `__init__`.
            BundleError: the bundle has no policy, or one that contradicts its model_metadata.json.
        """
        if isinstance(source, bytes):
            return cls(source, seed=seed)
        policy = cls(source.read_policy(), name=source.name, seed=seed)
        source.check_spec(policy.spec)
        return policy

    def reset(self, seed: int | None = None) -> None:
        """Begin a new episode: forget past pictures; with `seed`, repeat its random actions."""
        self._camera.reset()
        if seed is not None:
            self._random = np.random.default_rng(seed)

    def decide(
        self, *images: Image | bytes, encoding: str = "rgb8", sample: bool = False
    ) -> Decision:
        """Decide from the image of each camera; see `CameraPreprocessor.process`.

        Args:
            images: One image for each camera, left first.
            encoding: `rgb8`, `bgr8`, `mono8` or `jpeg`.
            sample: Draw the action from the distribution instead of taking the most likely one.

        Raises:
            CameraError: an image does not fit.
            PolicyError: the network's output is no distribution.
        """
        self._camera.process(*images, encoding=encoding)
        self._run()
        space = self.spec.metadata.action_space
        return decide(self._output[0].copy(), space, self._random if sample else None)

    @property
    def input(self) -> Image:
        """What the network was shown last, uint8 (1, channels, rows, columns): a copy."""
        shown: Image = self._camera.input.copy()
        return shown

    def distribution(self, image: Image) -> NDArray[np.float32]:
        """The network's output for another input; the pictures so far stay what they are.

        Args:
            image: uint8, shaped like `input`.

        Raises:
            PolicyError: the inference fails.
        """
        shown = self.input
        self._camera.input[...] = image
        try:
            self._run()
        finally:
            self._camera.input[...] = shown
        output: NDArray[np.float32] = self._output[0].copy()
        return output

    def _bind(self) -> onnxruntime.IOBinding:
        """Let the session read and write our two buffers in place."""
        binding = self._session.io_binding()
        values = onnxruntime.OrtValue
        binding.bind_ortvalue_input(INPUT, values.ortvalue_from_numpy(self._camera.input))
        binding.bind_ortvalue_output(OUTPUT, values.ortvalue_from_numpy(self._output))
        return binding

    def _run(self) -> None:
        try:
            self._session.run_with_iobinding(self._binding)
        except RUNTIME_ERRORS as error:
            raise PolicyError(f"policy {self.name}: inference failed: {error}") from error


def _create_session(data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # fatal only: errors are raised
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except RUNTIME_ERRORS as error:
        raise PolicyError(f"policy.onnx cannot be run by onnxruntime: {error}") from error
