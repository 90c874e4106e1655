"""Each layer of the confinement does what it promises; what is missing is said loudly."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from deepracer_core.reward import kernel, landlock, seccomp
from deepracer_core.reward.limits import _within
from deepracer_core.reward.syscalls import AUDIT_ARCHITECTURES, GUARDED, LEAVING, PLAIN, UNKNOWN

MACHINES = sorted(AUDIT_ARCHITECTURES)
ALLOW, TRAP, KILL = 0x7FFF0000, 0x00030000, 0x80000000
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
PROCESS = 4711
CHANNEL = (3, 6, 8)


def open_descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to a system call, by interpreting the BPF instructions in use."""
    words = [number, architecture or AUDIT_ARCHITECTURES[machine], 0, 0]
    for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]:
        words += [argument & 0xFFFFFFFF, argument >> 32]
    program = seccomp.program(machine, PROCESS, CHANNEL)
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, constant = program[at]
        at += 1
        if code == 0x20:
            accumulator = words[constant // 4]
        elif code == 0x15:
            at += if_true if accumulator == constant else if_false
        elif code == 0x45:
            at += if_true if accumulator & constant else if_false
        else:
            assert code == 0x06
            return constant


@pytest.mark.parametrize("machine", MACHINES)
def test_filter_answers_by_the_lists(machine: str) -> None:
    listed = {**PLAIN[machine], **GUARDED[machine], **LEAVING[machine], **UNKNOWN[machine]}
    assert len(set(listed.values())) == sum(
        len(table[machine]) for table in (PLAIN, GUARDED, LEAVING, UNKNOWN)
    ), "a number stands in two lists"
    for number in range(512):
        answer = verdict(machine, number, 0, 1 << 20)
        if number in PLAIN[machine].values():
            assert answer == ALLOW
        elif number in LEAVING[machine].values():
            assert answer == TRAP
        elif number in UNKNOWN[machine].values():
            assert answer == ENOSYS
        elif number not in GUARDED[machine].values():
            assert answer == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_by_another_convention_end_the_process(machine: str) -> None:
    number = PLAIN[machine]["read"]
    for architecture in (0x40000003, 0x40000028):  # i386, arm
        assert verdict(machine, number, architecture=architecture) == KILL
    assert verdict(machine, number | 0x40000000) == EPERM  # x32


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        (os.O_RDONLY, ALLOW),
        (os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, ALLOW),
        (os.O_WRONLY, EPERM),
        (os.O_RDWR | os.O_CLOEXEC, EPERM),
        (os.O_RDONLY | os.O_CREAT, EPERM),
        (os.O_RDONLY | os.O_TRUNC, EPERM),
        (os.O_WRONLY | os.O_TMPFILE, EPERM),
    ],
)
def test_files_open_for_reading_only(machine: str, flags: int, answer: int) -> None:
    assert verdict(machine, GUARDED[machine]["openat"], 0, 0, flags) == answer


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ((PROCESS, PROCESS, 6), ALLOW),  # abort()
        ((PROCESS, PROCESS, 24), ALLOW),  # chained by faulthandler
        ((PROCESS, PROCESS, 31), ALLOW),
        ((PROCESS, PROCESS, 9), EPERM),
        ((PROCESS, PROCESS, 19), EPERM),
        ((PROCESS + 1, PROCESS + 1, 6), EPERM),
        ((0xFFFFFFFF, 0, 6), EPERM),
    ],
)
def test_only_crash_signals_to_itself(
    machine: str, arguments: tuple[int, ...], answer: int
) -> None:
    assert verdict(machine, GUARDED[machine]["tgkill"], *arguments) == answer


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ((0, 9, 0, 0x7FFF00000000), ALLOW),  # reading its own limits
        ((PROCESS, 9, 0, 0x7FFF00000000), ALLOW),
        ((0, 9, 0x7FFF00000000, 0), EPERM),  # setting: the low word of the pointer is 0
        ((0, 9, 0x1000, 0), EPERM),
        ((1, 9, 0, 0x1000), EPERM),
    ],
)
def test_limits_can_only_be_read(machine: str, arguments: tuple[int, ...], answer: int) -> None:
    assert verdict(machine, GUARDED[machine]["prlimit64"], *arguments) == answer


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "argument"), [("close", 0), ("dup2", 1), ("dup3", 1)])
@pytest.mark.parametrize(("descriptor", "answer"), [(3, TRAP), (8, TRAP), (4, ALLOW), (9, ALLOW)])
def test_way_to_the_parent_stays_open(
    machine: str, call: str, argument: int, descriptor: int, answer: int
) -> None:
    if call in GUARDED[machine]:  # aarch64 has no dup2
        other = CHANNEL[1] if argument else 0
        arguments = (other, descriptor) if argument else (descriptor, other)
        assert verdict(machine, GUARDED[machine][call], *arguments) == answer


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "command", "answer"),
    [
        ("fcntl", 1, ALLOW),
        ("fcntl", 1030, ALLOW),
        ("fcntl", 4, EPERM),  # F_SETFL: O_ASYNC
        ("fcntl", 8, EPERM),  # F_SETOWN
        ("fcntl", 10, EPERM),  # F_SETSIG
        ("ioctl", 0x5401, ALLOW),
        ("ioctl", 0x5412, EPERM),  # TIOCSTI
        ("ioctl", 0x5452, EPERM),  # FIOASYNC
        ("ioctl", 0x8901, EPERM),  # FIOSETOWN
    ],
)
def test_descriptors_stay_what_they_are(machine: str, call: str, command: int, answer: int) -> None:
    assert verdict(machine, GUARDED[machine][call], 0, command) == answer


@pytest.mark.parametrize(
    ("abi", "rights", "network", "scopes"),
    [
        (1, 13, 0, 0),
        (2, 14, 0, 0),
        (3, 15, 0, 0),
        (4, 15, 3, 0),
        (5, 16, 3, 0),
        (6, 16, 3, 3),
        (9, 16, 3, 3),
    ],
)
def test_landlock_asks_for_what_the_kernel_knows(
    abi: int,
    rights: int,
    network: int,
    scopes: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """An older kernel refuses rights that it does not know, so none may be asked for."""
    asked: list[tuple[int, int, int]] = []

    def fake(name: str, *arguments: object) -> int:
        if arguments[-1] == 1:
            return abi
        if name == "landlock_create_ruleset":
            pointer = arguments[0].value  # type: ignore[attr-defined]
            attributes = landlock._RulesetAttributes.from_address(pointer)
            fields = ("handled_access_fs", "handled_access_net", "scoped")
            asked.append(tuple(getattr(attributes, field) for field in fields))
            return os.open("/dev/null", os.O_RDONLY)
        return 0

    monkeypatch.setattr(landlock, "system_call", fake)
    descriptors = open_descriptors()
    assert landlock.restrict_to_reading([tmp_path, tmp_path / "missing", Path(__file__)]) == abi
    assert asked == [((1 << rights) - 1, network, scopes)]
    assert open_descriptors() == descriptors


def test_missing_landlock_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "disabled at boot")

    monkeypatch.setattr(landlock, "system_call", refuse)
    with pytest.raises(kernel.LayerUnavailableError, match=r"Landlock.*disabled at boot"):
        landlock.abi_version()


def test_unknown_machine_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(kernel.LayerUnavailableError, match="riscv64"):
        seccomp.install_filter(CHANNEL)
    with pytest.raises(kernel.LayerUnavailableError, match="riscv64"):
        kernel.system_call("capset", 0, 0)


def test_orphan_refuses_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_prctl", lambda *_: None)
    with pytest.raises(ProcessLookupError, match="is gone"):
        kernel.die_with_parent(9, parent=os.getppid() + 1)


@pytest.mark.parametrize(
    ("cap", "ceiling", "result"),
    [
        ((5, 6), resource.RLIM_INFINITY, (5, 6)),
        ((5, 6), 10, (5, 6)),
        ((5, 6), 5, (5, 5)),
        ((5, 6), 1, (1, 1)),
    ],
)
def test_limits_never_rise_above_those_in_force(
    cap: tuple[int, int], ceiling: int, result: tuple[int, int]
) -> None:
    assert _within(cap, ceiling) == result


# A process whose kernel has neither Landlock nor seccomp, like an old one; a sandbox in it.
OLD_KERNEL = """
import errno, json, logging, sys
from deepracer_core import errors
from deepracer_core.reward import kernel, seccomp
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.sandbox import RewardFunction, RewardSandbox

missing = ("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
numbers = [kernel.SYSTEM_CALL_NUMBERS[name][__import__("platform").machine()] for name in missing]
kernel.forbid_new_privileges()
refusals = seccomp.answer(numbers, 0x50000 | errno.ENOSYS)
seccomp.load([(0x20, 0, 0, 0), *refusals, (6, 0, 0, 0x7FFF0000)])

logging.basicConfig(stream=sys.stderr)
text = '''
def reward_function(params):
    exec(params["do"])
    return 1.0
'''
limits = SandboxLimits(call_seconds=5.0, memory_bytes=512 << 20)
outcome = {}
with RewardSandbox(RewardFunction(text), {}, limits=limits) as sandbox:
    outcome["missing"] = sorted(sandbox.missing_essential_layers)
    for name, do in json.loads(sys.argv[1]).items():
        try:
            outcome[name] = sandbox.rewards([{"do": do}]).tolist()
        except errors.RewardError as error:
            outcome[name] = f"{type(error).__name__}: {error.cause}"
print(json.dumps(outcome))
"""


def test_without_landlock_and_seccomp_the_notice_is_loud_and_the_limits_act(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    orders = {
        "fine": "pass",
        "memory": "[0.0] * 10**9",
        "write": f"open({str(marker)!r}, 'w').write('gotcha' * 9999)",
        "exit": "__import__('os')._exit(3)",
        "environment": "assert len(__import__('os').environ) < 9",
    }
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", OLD_KERNEL, json.dumps(orders)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    outcome = json.loads(done.stdout)
    assert outcome["missing"] == ["landlock", "seccomp"]
    assert done.stderr.count("THE REWARD SANDBOX IS WEAKER THAN IT SHOULD BE") == 2
    assert outcome["fine"] == outcome["environment"] == [1.0]
    assert outcome["memory"].startswith("RewardMemoryError")
    assert outcome["write"].startswith("RewardRaisedError: OSError: [Errno 27]")
    assert outcome["exit"].endswith("exit status 3")
    assert not marker.exists() or marker.stat().st_size == 0
