"""A process of the stack must not outlive whoever started it, not even one that was killed with SIGKILL."""

import contextlib
import os
import signal
import threading
import time

VARIABLE = "DEVSTACK_LIFELINE"


def end_with_parent(grace: float) -> None:
    """Where the parent says that it holds the other end of stdin, end when it does; insist after `grace` seconds."""
    if os.environ.get(VARIABLE) == "1":
        threading.Thread(target=_watch, args=(grace,), name="lifeline", daemon=True).start()


def _watch(grace: float) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os._exit(1)
