"""Starts the host: settings, functions, triggers, HTTP; and ends it in an orderly way."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn

from devstack.host import log
from devstack.host.errors import HostError
from devstack.host.host import Host, build_host
from devstack.host.settings import load_settings
from devstack.lifeline import end_with_parent

_LOG = logging.getLogger(log.HOST)
_GRACE = 5.0  # seconds for the functions in work when the host is told to end


def run(root: Path, port: int, keys: Path | None) -> int:
    """Serve the function app in `root` until SIGINT or SIGTERM; return the exit status."""
    end_with_parent(_GRACE + 3)
    try:
        is_drained = asyncio.run(_serve(root.resolve(), port, keys))
    except HostError as error:
        log.print_error(str(error))
        return 1
    except KeyboardInterrupt:  # before the signal handlers were in place
        return 130
    if not is_drained:
        # A function hangs in a thread, which would keep Python from ending
        sys.stdout.flush()
        os._exit(0)
    return 0


async def _serve(root: Path, port: int, keys: Path | None) -> bool:
    begin = time.perf_counter()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(16, thread_name_prefix="host"))
    stop = asyncio.Event()
    listening = _bind(port)
    load_settings(root)
    log.configure_logging(sys.stdout)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    host = await build_host(root, keys, address)
    server = _server(host)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.005)
    host.start()
    host.print_functions()
    _LOG.info("Host ready in %.0f ms on %s", (time.perf_counter() - begin) * 1000, address)
    await stop.wait()
    _LOG.info("Stopping; waiting for functions in work. Press Ctrl-C again to end at once.")
    loop.add_signal_handler(signal.SIGINT, os._exit, 130)
    server.should_exit = True
    is_drained = await _drain(host)
    await serving
    return is_drained


def _server(host: Host) -> "_Server":
    return _Server(
        uvicorn.Config(
            host.app,
            interface="asgi3",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
    )


async def _drain(host: Host) -> bool:
    try:
        await asyncio.wait_for(host.stop(), _GRACE)
    except TimeoutError:
        _LOG.warning("Functions in work did not end within %.0f s.", _GRACE)
        return False
    return True


def _bind(port: int) -> socket.socket:
    # with the protocol named: for others asyncio leaves Nagle's algorithm on, which costs 40 ms per call
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(1024)  # from here on the port is ours; who calls early waits until the host is ready
    except OSError as error:
        raise HostError(f"Port {port} is taken; stop what uses it, or choose another with --port.") from error
    return listening


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the host has functions to wait for first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
