"""A policy from elsewhere is first run in a process of its own, with a limit on time and memory.

`policy_check` keeps out what is known to be bad. If a network still crashes, hangs or bloats the
inference library, it does so here, and not in the process that imports it, let alone drives.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from deepracer_core.errors import DeepRacerError, PolicyError

# Importing the libraries takes a second or two on the car's Atom; a decision some milliseconds.
TIMEOUT = 30.0  # [s]
MAX_CPU_SECONDS = 20
MAX_ADDRESS_SPACE = 4 * 1024**3  # [bytes]; the libraries reserve 1.5 GB

DECISIONS = 3
_REFUSED = 3


def try_policy(data: bytes, timeout: float = TIMEOUT) -> None:
    """Load the bytes of a policy.onnx and let it decide, in a process of its own.

    Raises:
        PolicyError: the network is refused, crashes, or takes too much time or memory.
    """
    command = [sys.executable, "-m", "deepracer_core.policy_trial"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    home = Path(__file__).parent.parent  # the folder that holds this package
    try:
        result = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=timeout,
            cwd=home,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PolicyError(
            f"policy.onnx did not decide within {timeout:g} s; use a smaller network"
        ) from None
    # Its own sentence; what the libraries say goes to the other stream.
    reason, output = (
        stream.decode(errors="replace").strip() for stream in (result.stdout, result.stderr)
    )
    if result.returncode == _REFUSED:
        raise PolicyError(reason)
    _judge(result.returncode, output)


def _judge(code: int, output: str) -> None:
    if code == 0:
        return
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"failed with code {code}"
    last = output.splitlines()[-1] if output else "it said nothing"
    raise PolicyError(
        f"policy.onnx: its trial run {how} (limits: {MAX_CPU_SECONDS} s of CPU time, "
        f"{MAX_ADDRESS_SPACE >> 20} MiB): {last}"
    )


def _limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (limit, limit))


def main() -> int:
    """Run the policy that comes on standard input on noise images."""
    _limit(resource.RLIMIT_CPU, MAX_CPU_SECONDS)
    _limit(resource.RLIMIT_AS, MAX_ADDRESS_SPACE)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    from deepracer_core.policy import Policy  # only now: the limits are in force

    try:
        policy = Policy.load(sys.stdin.buffer.read(), seed=0)
        spec = policy.spec.preprocessing
        noise = np.random.default_rng(0)
        for _ in range(DECISIONS):
            shape = (spec.cameras, spec.height, spec.width)
            policy.decide(*noise.integers(0, 256, shape, dtype=np.uint8), encoding="mono8")
    except DeepRacerError as error:
        print(error)
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
