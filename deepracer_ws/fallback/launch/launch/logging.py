"""Where messages and process output go: the screen, `launch.log` and files of single processes."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from launch._missing import missing_names

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = ["get_logger", "get_output_loggers", "launch_config", "log_launch_config", "reset"]

__getattr__ = missing_names(__name__, ["LaunchConfig", "LaunchLogger", "handlers"])

_SCREEN_FORMAT = "[{levelname}] [{name}]: {msg}"
_FILE_FORMAT = "{created:.7f} [{levelname}] [{name}]: {msg}"
_LAUNCH_LOG = "launch.log"

# The aliases of the `output` argument of processes: source of output to destinations.
_ALIASES: dict[str, dict[str, set[str]]] = {
    "screen": {"both": {"screen"}},
    "log": {"both": {"log"}, "stderr": {"screen"}},
    "both": {"both": {"log", "screen"}},
    "own_log": {source: {"own_log"} for source in ("both", "stdout", "stderr")},
    "full": {
        "both": {"screen", "log", "own_log"},
        "stdout": {"own_log"},
        "stderr": {"own_log"},
    },
}
_SOURCES = ("stdout", "stderr", "both")
_DESTINATIONS = ("screen", "log", "own_log")


class _LaunchConfig:
    """The log folder and the verbosity of this process."""

    def __init__(self) -> None:
        self._log_dir: Path | None = None

    @property
    def level(self) -> int:
        """The least level that is logged."""
        return logging.root.getEffectiveLevel()

    @level.setter
    def level(self, level: int) -> None:
        logging.root.setLevel(level)

    @property
    def log_dir(self) -> str:
        """The folder of the log files of this launch, created when it is first asked for.

        Raises:
            RuntimeError: It cannot be created.
        """
        if self._log_dir is None:
            self._log_dir = _create_log_dir()
        return str(self._log_dir)

    @log_dir.setter
    def log_dir(self, path: str | None) -> None:
        if path is not None and not Path(path).is_dir():
            raise ValueError(f"{path} is not a directory")
        self._log_dir = None if path is None else Path(path)

    def get_log_file_path(self, file_name: str = _LAUNCH_LOG) -> str:
        """Return the path of a file in the log folder."""
        return str(Path(self.log_dir) / file_name)


launch_config = _LaunchConfig()


def _create_log_dir() -> Path:
    """Create a folder named after time, host and pid, and point the link `latest` to it."""
    home = os.environ.get("ROS_HOME") or "~/.ros"
    base = Path(os.environ.get("ROS_LOG_DIR") or f"{home}/log").expanduser()
    stamp = datetime.now().strftime("%Y-%m-%d-%H-%M-%S-%f")  # local time, as ROS 2 names it
    folder = base / f"{stamp}-{socket.gethostname()}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
        latest = base / "latest"
        if latest.is_symlink() or not latest.exists():
            fresh = base / f".latest-{os.getpid()}"
            fresh.symlink_to(folder, target_is_directory=True)
            fresh.replace(latest)
    except OSError as error:
        raise RuntimeError(
            f"cannot create the log folder {folder}: {error}. "
            "Set ROS_LOG_DIR to a folder that can be written."
        ) from error
    return folder


class _Formatter(logging.Formatter):
    """Lays out complete messages as `{msg}`, the field that the layouts of ROS 2 use."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.msg, record.args = record.getMessage(), None
        return super().format(record)


class _ScreenHandler(logging.Handler):
    """Writes to whatever `sys.stdout` is, and falls silent when nobody reads it any more."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line at once."""
        encoding = sys.stdout.encoding or "utf-8"
        line = self.format(record).encode(encoding, "replace").decode(encoding)
        try:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            # The terminal or the reader of a pipe is gone: go on, the processes need us.
            self.setLevel(logging.CRITICAL + 1)


class _FileHandler(logging.Handler):
    """Appends to a file in the log folder, which is created with the first record."""

    def __init__(self, file_name: str) -> None:
        super().__init__()
        self._file_name = file_name
        self._stream: TextIO | None = None
        self._full: str | None = None  # path of a file that could not be written any more

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line at once."""
        path = launch_config.get_log_file_path(self._file_name)
        if path == self._full:
            return
        if self._stream is None or self._stream.name != path:
            self.close()
            self._stream = Path(path).open("a", encoding="utf-8", errors="replace")  # noqa: SIM115
        try:
            self._stream.write(f"{self.format(record)}\n")
            self._stream.flush()
        except OSError as error:  # a full disk must not keep the launch from going on
            self._full = path
            self.close()
            sys.stderr.write(f"{self._file_name} ends here: {error}\n")

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None
        super().close()


def get_logger(name: str | None = None) -> logging.Logger:
    """Return the logger `name`, which writes to the screen and to `launch.log`."""
    logger = logging.getLogger(name)
    if not any(isinstance(handler, _ScreenHandler) for handler in logger.handlers):
        logger.propagate = False
        _add(logger, _ScreenHandler(), _format("OVERRIDE_LAUNCH_SCREEN_FORMAT", _SCREEN_FORMAT))
        _add(logger, _FileHandler(_LAUNCH_LOG), _format("OVERRIDE_LAUNCH_LOG_FORMAT", _FILE_FORMAT))
    return logger


def get_output_loggers(
    process_name: str, output_config: str | dict[str, Any]
) -> tuple[logging.Logger, logging.Logger]:
    """Return the loggers for the standard output and the standard error of a process.

    Args:
        process_name: The unique name of the process, for example `talker-1`.
        output_config: An alias (screen, log, both, own_log, full), or a dict from stdout, stderr
            or both to one or several of screen, log and own_log.

    Raises:
        ValueError: `output_config` is neither.
    """
    config = _destinations(output_config)
    stdout, stderr = (
        _output_logger(process_name, source, config) for source in ("stdout", "stderr")
    )
    return stdout, stderr


def log_launch_config(*, logger: logging.Logger = logging.root) -> None:
    """Log where the log files are and how verbose they are."""
    logger.info("All log files can be found below %s", launch_config.log_dir)
    logger.info("Default logging verbosity is set to %s", logging.getLevelName(launch_config.level))


def reset() -> None:
    """Forget the log folder, so that the next message creates one, and the level."""
    launch_config.log_dir = None
    launch_config.level = logging.INFO


def _destinations(config: str | dict[str, Any]) -> dict[str, set[str]]:
    """Return where each source of output goes."""
    if isinstance(config, str):
        if config not in _ALIASES:
            raise ValueError(
                f'{config} is not a valid standard output config i.e. "screen", "log" or "both"'
            )
        return _ALIASES[config]
    destinations = {}
    for source, targets in config.items():
        destinations[source] = {targets} if isinstance(targets, str) else set(targets)
        _require(source, _SOURCES, "output source")
        for target in destinations[source]:
            _require(target, _DESTINATIONS, "output destination")
    return destinations


def _require(value: str, valid: Iterable[str], what: str) -> None:
    if value not in valid:
        names = ", ".join(f'"{name}"' for name in valid)
        raise ValueError(f"{value} is not a valid {what} i.e. {names}")


def _output_logger(process: str, source: str, config: dict[str, set[str]]) -> logging.Logger:
    """Return a logger of bare lines from one source of a process."""
    logger = logging.getLogger(f"{process}-{source}")
    logger.propagate = False
    logger.handlers.clear()
    logger.setLevel(logging.INFO)
    own = config.get(source, set())
    shared = config.get("both", set())
    if "screen" in own | shared:
        _add(logger, _ScreenHandler(), "{msg}")
    if "log" in own | shared:
        _add(logger, _FileHandler(_LAUNCH_LOG), "{created:.7f} {msg}")
    if "own_log" in own:
        _add(logger, _FileHandler(f"{process}-{source}.log"), "{msg}")
    if "own_log" in shared:
        _add(logger, _FileHandler(f"{process}.log"), "{msg}")
    return logger


def _add(logger: logging.Logger, handler: logging.Handler, layout: str) -> None:
    handler.setFormatter(_Formatter(layout, style="{"))
    logger.addHandler(handler)


def _format(variable: str, default: str) -> str:
    """Return the layout in an environment variable, which may hold escape sequences."""
    override = os.environ.get(variable)
    return override.encode("latin1").decode("unicode_escape") if override else default
