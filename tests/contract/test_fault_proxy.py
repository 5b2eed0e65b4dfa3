"""The fault proxy itself: what it passes on is as it was, what it injects is on the wire and counted."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults.kinds import COSMOS, STORAGE, Fault, Stage, evenly
from tests.faults.proxy import FaultProxy

LARGE = bytes(range(251)) * 20_000
EVERY_KIND = [
    *(pytest.param(kind, id=f"cosmos {kind.name}") for kind in COSMOS.values()),
    *(pytest.param(kind, id=f"storage {kind.name}") for kind in STORAGE.values()),
]


class Echo(BaseHTTPRequestHandler):
    """Answers with the body it was sent, in the framing that the path names."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_POST(self) -> None:
        body = self._body()
        self.server.seen.append(body)
        self.send_response(200)
        if self.path == "/until-close":
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            return
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 300_000):
                piece = body[start : start + 300_000]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1234")
        self.end_headers()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        pass


class EchoServer(ThreadingHTTPServer):
    """With what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.seen: list[bytes] = []


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def proxy(server: EchoServer) -> Iterator[FaultProxy]:
    with FaultProxy(f"127.0.0.1:{server.server_port}") as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(proxy.address, timeout=20)
    yield connection
    connection.close()


def post(client: http.client.HTTPConnection, body: bytes = b"body", path: str = "/", **options) -> tuple[int, bytes]:
    client.request("POST", path, body, **options)
    answer = client.getresponse()
    return answer.status, answer.read()


def pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + 300_000] for start in range(0, len(body), 300_000))


# Passing on


@pytest.mark.parametrize("path", ["/", "/chunked", "/until-close"])
@pytest.mark.parametrize("body", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_bodies_come_back_as_they_were_sent(client, path, body):
    for _ in range(2):
        assert post(client, body, path) == (200, body)


def test_a_body_in_chunks_is_passed_on(client, server):
    post(client, pieces(LARGE), encode_chunked=True)
    assert server.seen == [LARGE]


def test_the_answer_to_head_has_a_length_and_no_body(client):
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert (answer.headers["Content-Length"], answer.read()) == ("1234", b"")
    assert post(client) == (200, b"body")


def test_a_connection_is_kept(client, proxy):
    for _ in range(3):
        post(client)
    assert (proxy.requests, proxy.connections) == (3, 1)


def test_a_service_that_has_gone_is_a_connection_that_ends(client, server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectionError):
        post(client)


# Injecting


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_only_lost_answers_belong_to_requests_that_were_carried_out(client, proxy, server, kind: Fault):
    proxy.next(kind)
    try:
        outcome = post(client)
    except (ConnectionError, http.client.HTTPException) as error:
        outcome = type(error)
    assert bool(server.seen) == (kind.stage is not Stage.REQUEST or kind.delay > 0)
    assert proxy.injected == {kind.name: 1}
    assert (outcome == (200, b"body")) == (kind.delay > 0)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_after_a_fault_all_is_well_again(client, proxy, kind: Fault):
    proxy.next(kind)
    try:
        post(client)
    except (ConnectionError, http.client.HTTPException):
        client.close()
    assert post(client) == (200, b"body")


def test_an_answer_tells_status_code_and_reason(client, proxy):
    proxy.next(STORAGE["ServerBusy"])
    client.request("POST", "/", b"x")
    answer = client.getresponse()
    assert (answer.status, answer.headers["x-ms-error-code"]) == (503, "ServerBusy")
    assert b"<Code>ServerBusy</Code>" in answer.read()


def test_a_fault_as_answer_to_head_has_no_body(client, proxy):
    proxy.next(STORAGE["ServerBusy"])
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (503, b"")
    assert post(client) == (200, b"body")


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_half_an_answer_is_less_than_was_promised(client, proxy, path):
    proxy.next(STORAGE["half an answer"])
    with pytest.raises(http.client.IncompleteRead):
        post(client, LARGE, path)


def test_rates_are_those_of_the_next_request(client, proxy):
    proxy.rates = {COSMOS["503"]: 1.0}
    assert post(client)[0] == 503
    proxy.rates = {}
    assert post(client)[0] == 200


def test_the_same_seed_gives_the_same_faults(server):
    def statuses() -> list[int]:
        kinds = [COSMOS["429"], COSMOS["503"]]
        with FaultProxy(f"127.0.0.1:{server.server_port}", evenly(kinds, 0.5), seed=7) as proxy:
            client = http.client.HTTPConnection(proxy.address)
            answers = [post(client)[0] for _ in range(60)]
            client.close()
            return answers

    first = statuses()
    assert set(first) == {200, 429, 503}
    assert statuses() == first
