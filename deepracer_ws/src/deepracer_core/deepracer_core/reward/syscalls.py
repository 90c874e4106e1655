"""What a reward function may ask of the kernel: a short list of system calls, by machine.

Everything that is not listed is refused: sockets, processes and threads, programs, files opened for
writing, removing and renaming, signals, timers, tracing, mounting, namespaces, keys, BPF, io_uring.
Landlock does not cover the calls that look at a file without opening it (stat, access, readlink),
and imports need them: of any file whose path one knows, existence, size, owner and times can be
told, and where a link leads.
Numbers: asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

from __future__ import annotations

# AUDIT_ARCH_* of linux/audit.h: the value a filter sees for a native 64-bit call.
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Reading and writing what is open already, looking at files, memory, time, identity, own signal
# handlers.
PLAIN = {
    "x86_64": {
        "read": 0, "write": 1, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7,
        "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
        "access": 21, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32,
        "nanosleep": 35, "getpid": 39, "uname": 63, "getcwd": 79, "readlink": 89,
        "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
        "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgid": 121,
        "getsid": 124, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202,
        "sched_getaffinity": 204, "getdents64": 217, "set_tid_address": 218,
        "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
        "newfstatat": 262, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271,
        "set_robust_list": 273, "getcpu": 309, "getrandom": 318, "statx": 332,
        "rseq": 334, "faccessat2": 439,
    },
    "aarch64": {
        "getcwd": 17, "dup": 23, "faccessat": 48, "getdents64": 61,
        "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67,
        "pselect6": 72, "ppoll": 73, "readlinkat": 78, "newfstatat": 79, "fstat": 80,
        "set_tid_address": 96, "futex": 98, "set_robust_list": 99, "nanosleep": 101,
        "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
        "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132,
        "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153,
        "getpgid": 155, "getsid": 156, "uname": 160, "getrusage": 165, "getcpu": 168,
        "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175,
        "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215,
        "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233, "getrandom": 278,
        "statx": 291, "rseq": 293, "faccessat2": 439,
    },
}  # fmt: skip

# Allowed with certain arguments only: `seccomp` says which.
GUARDED = {
    "x86_64": {
        "close": 3, "ioctl": 16, "dup2": 33, "fcntl": 72, "tgkill": 234, "openat": 257,
        "dup3": 292, "prlimit64": 302,
    },
    "aarch64": {
        "dup3": 24, "fcntl": 25, "ioctl": 29, "openat": 56, "close": 57, "tgkill": 131,
        "prlimit64": 261,
    },
}  # fmt: skip

# Leaving: caught on the way, so that the line of the user's function can be told.
LEAVING = {
    "x86_64": {"exit": 60, "exit_group": 231},
    "aarch64": {"exit": 93, "exit_group": 94},
}

# Answered "no such call", so that the C library falls back to one of the guarded older calls.
UNKNOWN = {
    "x86_64": {"clone3": 435, "openat2": 437},
    "aarch64": {"clone3": 435, "openat2": 437},
}
