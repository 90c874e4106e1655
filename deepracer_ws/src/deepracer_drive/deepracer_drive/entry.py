"""How the programs of nodes begin: until all is imported, a signal ends them quietly.

Importing takes seconds, in which Python answers SIGINT with the traceback of whatever library it
is in. `ros2 launch` sends one as soon as another node has found an error, whose message would be
lost among them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any


def node_entry(module: str) -> Callable[[], Any]:
    """What a console script calls.

    Args:
        module: of the node; its `main` runs once it is imported.
    """

    def run() -> Any:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in handlers:
            signal.signal(number, _leave)
        main = import_module(module).main
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return main()

    return run


def _leave(number: int, frame: object) -> None:
    """End at once, without a trace: nothing has begun that would have to be left in order."""
    del number, frame
    os._exit(0)
