"""The process: OTLP in and pages out, on one port of 127.0.0.1.

One thread does it all, so that the stores need no locks. It is a process of its own, as the emulators are: taking
telemetry in costs the host that sends it nothing, and the stack ends it and watches over it as it does over them.
"""

import socket
import sys

import uvicorn

from devstack.lifeline import end_with_parent
from devstack.ports import LOCALHOST
from devstack.telemetry.asgi import App

_GRACE = 2


def run(port: int) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    end_with_parent(_GRACE + 1)
    try:
        listening = _bind(port)
    except OSError:
        print(f"devstack: port {port} is taken; stop what uses it, or choose another with --port", file=sys.stderr)
        return 1
    config = uvicorn.Config(
        App(),
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    print(f"http://{LOCALHOST}:{port}/traces", flush=True)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises again what it was ended by
        return 0
    return 0


def _bind(port: int) -> socket.socket:
    # with the protocol named: for others asyncio leaves Nagle's algorithm on, which costs 40 ms per call
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((LOCALHOST, port))
    return listening
