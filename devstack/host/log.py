"""The host's output: its own lines, and what functions write through `logging`."""

import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import azure_functions_runtime as runtime

HOST = "devstack.host"
_QUIET = ("azure", "uvicorn", "urllib3", "asyncio")
_LIBRARY = f"{os.sep}azure{os.sep}functions{os.sep}"
_COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31"}

_running: dict[str, str] = {}
_invocation_id: ContextVar[str | None] = runtime.invocation_id_cv


def configure_logging(stream: TextIO) -> None:
    """Write host lines and function logs to the stream; keep the libraries beneath them quiet."""
    colour = (stream.isatty() or "FORCE_COLOR" in os.environ) and "NO_COLOR" not in os.environ
    root, host = logging.getLogger(), logging.getLogger(HOST)
    for logger, is_host in ((root, False), (host, True)):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(_Formatter(is_host=is_host, colour=colour))
        handler.addFilter(_is_worth_showing)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    host.propagate = False  # what the app hangs on the root logger (an exporter, say) gets the app's logs only
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if os.environ.get("DEVSTACK_DEBUG") != "1":
        # the runtime logs a traceback of an import error that it also returns
        logging.getLogger("azure.functions").setLevel(logging.CRITICAL)


def started(invocation_id: str, function: str) -> None:
    """From now on, what this invocation logs is shown under the function's name."""
    _running[invocation_id] = function


def ended(invocation_id: str) -> None:
    _running.pop(invocation_id, None)


def print_error(message: str) -> None:
    """What ends start-up goes to stderr."""
    print(f"host: {message}", file=sys.stderr, flush=True)


def _is_worth_showing(record: logging.LogRecord) -> bool:
    """azure.functions warns, through the root logger, of a default that the app did not even choose."""
    return record.levelno >= logging.ERROR or _LIBRARY not in record.pathname


class _Formatter(logging.Formatter):
    """`[time] message` for the host, `[time] [function] LEVEL message` for what functions log."""

    def __init__(self, *, is_host: bool, colour: bool) -> None:
        super().__init__()
        self._is_host = is_host
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = super().format(record)
        if not self._is_host:
            function = _running.get(_invocation_id.get() or "")
            text = f"[{function}] {record.levelname} {text}" if function else f"{record.levelname} {text}"
        code = _COLOURS.get(record.levelname)
        if self._colour and code:
            text = f"\x1b[{code}m{text}\x1b[0m"
        return f"[{time.removesuffix('+00:00')}Z] {text}"
