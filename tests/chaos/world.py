"""A stack in which a story happens: emulators that stay, two hosts that do not, proxies that give faults."""

import base64
import json
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import requests

from devstack import emulators
from devstack.errors import StackError
from devstack.functions_host import FunctionsHost
from devstack.host.queues import Queue
from devstack.host.storage_rest import Account, StorageError, call
from devstack.ports import LOCALHOST, Ports
from devstack.stack import Stack
from tests.chaos import story
from tests.chaos.compare import Version
from tests.chaos.files import content
from tests.chaos.observed import Api
from tests.chaos.story import HostName, Step
from tests.faults.kinds import COSMOS, STORAGE, evenly
from tests.faults.proxy import FaultProxy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SETTINGS = {
    "DATASETS_FILE": str(HERE / "datasets.toml"),
    "REFRESH_SCHEDULE": "* * * * * *",
    "RECONCILE_SCHEDULE": "*/3 * * * * *",
}
PATIENCE = 90  # seconds without any progress, after which nothing more is expected
STARTS = 5
WORK = 6  # files that are uploaded once more before a stall, so that it finds something to interrupt
AMID = 3  # seconds that a kill waits for a function to be in work
ASKED = 100  # times that a call is made again which a kill or a fault has ended
FINAL = ("processed", "rejected")


class Host:
    """A functions host that is killed again and again; it is started behind the story's back."""

    def __init__(self, process: FunctionsHost, starter: ThreadPoolExecutor) -> None:
        self._process = process
        self._starter = starter
        self._started: Future[None] | None = None
        self.url = process.url

    @property
    def runs(self) -> bool:
        return self._started is not None

    def begin(self, delay: float = 0) -> None:
        """Start, after some seconds, without waiting for it."""

        def start() -> None:
            time.sleep(delay)
            for left in reversed(range(STARTS)):
                try:
                    self._process.start()
                    break
                except StackError:  # a fault has met it while it started
                    if not left:
                        raise

        self._started = self._starter.submit(start)

    def wait(self, amid: str | None = None) -> None:
        """Wait until it answers (StackError says why it does not), and a while for a function to be in work."""
        if self._started:
            self._started.result()
        deadline = time.monotonic() + AMID
        while amid and amid not in self._in_work() and time.monotonic() < deadline:
            time.sleep(0.01)

    def kill(self, down: float) -> set[str]:
        """SIGKILL, and another start after some seconds. Gives the functions that were in work."""
        self._process.kill()
        in_work = self._in_work()
        self.begin(down)
        return in_work

    @contextmanager
    def paused(self) -> Iterator[set[str]]:
        """SIGSTOP, and SIGCONT at the end. Gives the functions that are in work."""
        self._process.pause()
        try:
            yield self._in_work()
        finally:
            self._process.resume()

    def _in_work(self) -> set[str]:
        """The functions that have begun and not ended, by what the host has said."""
        log = self._process.log.read_text(errors="replace")
        ended = set(re.findall(r"Ended \w+ (\w+)", log))
        return {function for function, number in re.findall(r"Begun (\w+) (\w+)", log) if number not in ended}

    def end(self) -> None:
        """Stop it for good, giving it time to finish what it does."""
        if self.runs:
            self.wait()
            self._process.stop()
            self._started = None


class World:
    """What the uploads are, as the story made them, and the means to go on with it."""

    def __init__(self, stack: Stack, faults: Mapping[str, FaultProxy], threads: ThreadPoolExecutor) -> None:
        self.stack = stack
        self.storage = stack.blob_service()
        self.uploads: dict[str, bytes] = {}
        self.versions: dict[str, Version] = {}
        self.counts: Counter[str] = Counter()
        self.hosts: dict[HostName, Host] = {
            "A": Host(stack.another_host("A"), threads),
            "B": Host(stack.another_host("B"), threads),
        }
        self.api = Api(self.hosts["A"].url)
        self._earlier: dict[str, str] = {}  # an ETag that each file had before
        self._faults = faults
        self._share = 0.0
        self._queue = _blob_queue(stack)
        self._threads = threads
        self._asking: Future[None] | None = None

    def perform(self, step: Step) -> None:
        """Let one step happen. What it needs and is not there makes it do nothing."""
        if not isinstance(step, story.Kill | story.Wait):  # a host may be killed while it answers
            self._answered()
        match step:
            case story.Kill() if self.hosts[step.host].runs:
                self._kill(self.hosts[step.host], step)
            case story.Stall() if all(host.runs for host in self.hosts.values()):
                self._stall(step)
            case story.Second(up):
                self._second(up)
            case story.Run(host, function):
                self._run(self.hosts[host], function)
            case story.Faults(share):
                self.set_faults(share)
            case story.Wait(seconds):
                time.sleep(seconds)
            case story.Calm(seconds):
                self._calm(seconds)
            case story.Upload() | story.Again() | story.Announce() | story.Delete() | story.Reprocess():
                self._touch(step)

    def _kill(self, host: Host, step: story.Kill) -> None:
        host.wait(step.amid)
        time.sleep(step.after)
        self.counts.update(f"killed in {function}" for function in host.kill(step.down))
        self.counts["kills"] += 1

    def _touch(self, step: story.Upload | story.Again | story.Announce | story.Delete | story.Reprocess) -> None:
        name = step.name
        match step:
            case story.Upload():
                self.counts["replaced" if name in self.uploads else "uploads"] += 1
                self._upload(name, content(name, step.content))
            case story.Announce(late=late) if name in self._earlier:
                self.counts["events twice or late"] += 1
                is_there = name in self.versions and not late
                self._announce(name, self.versions[name].etag if is_there else self._earlier[name])
            case _ if name not in self.uploads:
                return
            case story.Again():
                self.counts["same bytes"] += 1
                self._upload(name, self.uploads[name])
            case story.Delete(by_api=by_api):
                self._asking = self._threads.submit(self._delete, name, by_api)
            case story.Reprocess():
                self._asking = self._threads.submit(self._reprocess, name)

    def set_faults(self, share: float) -> None:
        """From now on so many of the app's requests to its services fail."""
        self._share = share
        for service, proxy in self._faults.items():
            proxy.rates = evenly((STORAGE if service == "blob" else COSMOS).values(), share) if share else {}

    @property
    def injected(self) -> Counter[str]:
        """The faults so far, by kind."""
        return sum((proxy.injected for proxy in self._faults.values()), Counter())

    def settle(self) -> bool:
        """No more kills and faults: wait until the app says that it is done. False where it makes no progress."""
        self.set_faults(0)
        self._answered()
        self.hosts["B"].end()
        self.hosts["A"].wait()
        seen, since = None, time.monotonic()
        while time.monotonic() - since < PATIENCE:
            left = self._left()
            if not left:
                return True
            if left != seen:
                seen, since = left, time.monotonic()
            time.sleep(0.5)
        return False

    def _calm(self, seconds: float) -> None:
        share, deadline = self._share, time.monotonic() + seconds
        self.set_faults(0)
        self.hosts["A"].wait()
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.counts["times that all was quiet in between"] += not left
        self.set_faults(share)

    def _left(self) -> dict[str, object]:
        """What is not done yet. Files that the app has given up are run again, as an operator would."""
        records = self.api.records()
        left: dict[str, object] = {}
        for name, version in self.versions.items():
            record = records.get(name)
            if record is None or record["etag"] != version.etag or record["status"] not in FINAL or record["stale"]:
                left[name] = record and (record["generation"], record["status"], record["stale"])
            if record and record["etag"] == version.etag and record["status"] == "failed":
                self.counts["given up, run again"] += 1
                self._reprocess(name)
        for name, record in records.items():
            if name not in self.versions and (record["status"] != "deleted" or record["stale"]):
                left[name] = (record["generation"], record["status"], record["stale"])
        if waiting := _length(self._queue):
            left["messages"] = waiting
        return left

    def _answered(self) -> None:
        if self._asking:
            self._asking.result()
            self._asking = None

    def _upload(self, name: str, data: bytes) -> None:
        if name in self.versions:
            self._earlier[name] = self.versions[name].etag
        etag = self.storage.get_blob_client("uploads", name).upload_blob(data, overwrite=True)["etag"]
        self.uploads[name] = data
        self.versions[name] = Version(etag, len(data))
        self._earlier.setdefault(name, etag)

    def _announce(self, name: str, etag: str) -> None:
        message = {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.ingest",
            "BlobType": "BlockBlob",
            "ContainerName": "uploads",
            "BlobName": name,
            "ETag": etag.strip('"'),
        }
        self._queue.put(base64.b64encode(json.dumps(message).encode()).decode())

    def _delete(self, name: str, by_api: bool) -> None:
        self.counts["deleted"] += 1
        if not (by_api and self._ask("DELETE", name)):
            self.storage.get_blob_client("uploads", name).delete_blob()
        del self.uploads[name], self.versions[name]

    def _reprocess(self, name: str) -> None:
        """Run a file again; where the app does not know it yet, upload the same bytes once more."""
        self.counts["reprocessed"] += 1
        if not self._ask("POST", name):
            self._upload(name, self.uploads[name])

    def _ask(self, method: str, name: str) -> bool:
        """Have the API act on a file, as often as it takes. False where it knows no such file."""
        last: object = None
        for _ in range(ASKED):
            host = next(host for host in self.hosts.values() if host.runs)
            host.wait()
            try:
                record = Api(host.url).records().get(name)
                if record is None:
                    return False
                path = f"{host.url}/api/files/{record['id']}" + ("/reprocess" if method == "POST" else "")
                # Longer than any retries: a call that goes on after we have left it would meet later steps.
                answer = requests.request(method, path, timeout=300)
            except (requests.ConnectionError, requests.HTTPError) as error:
                last = error
                time.sleep(0.2)
                continue
            if answer.ok:
                return True
            if answer.status_code in (404, 405, 409):
                return False
            last = answer.text
        raise AssertionError(f"{method} for {name} failed {ASKED} times; the last time: {last}")

    def _run(self, host: Host, function: str) -> None:
        if not host.runs:
            return
        host.wait()
        self.counts[f"{function} now"] += 1
        try:
            requests.post(f"{host.url}/admin/functions/{function}", json={"input": ""}, timeout=30).raise_for_status()
        except requests.ConnectionError:
            return  # it has just been killed

    def _stall(self, step: story.Stall) -> None:
        stalled, other = self.hosts[step.host], self.hosts["B" if step.host == "A" else "A"]
        other.wait()
        chance = random.Random(step.content)
        for name in chance.sample(sorted(self.uploads), min(WORK, len(self.uploads))):
            self._upload(name, self.uploads[name])
            self._announce(name, self.versions[name].etag)
        stalled.wait(step.amid)
        with stalled.paused() as in_work:
            self.counts.update(f"stalled in {function}" for function in in_work)
            try:
                records = Api(other.url).records()
            except requests.HTTPError:  # a fault
                records = {}
            for name in sorted(name for name, record in records.items() if record["status"] == "processing"):
                if name in self.uploads:
                    self._overtake(name, step.content)
            time.sleep(step.seconds / 2)
            self._run(other, "refresh")
            time.sleep(step.seconds / 2)

    def _overtake(self, name: str, seed: int) -> None:
        self.counts["taken up during a stall"] += 1
        if seed % 2:
            self._upload(name, content(name, seed))
        self._announce(name, self.versions[name].etag)

    def _second(self, up: bool) -> None:
        host = self.hosts["B"]
        if up and not host.runs:
            host.begin()
        elif not up:
            host.end()


@contextmanager
def world(state: Path, seed: int) -> Iterator[World]:
    """Emulators, proxies and host A, up and running; nothing uploaded."""
    ports = Ports.free()
    app = state / "app"
    app.mkdir(parents=True)
    shutil.copy(HERE / "function_app.py", app)
    for name in ("host.json", "local.settings.json.example"):
        shutil.copy(ROOT / name, app)
    with ExitStack() as stacked:
        targets = {"blob": ports.blob, "cosmos": ports.cosmos}
        faults = {
            service: stacked.enter_context(FaultProxy(f"{LOCALHOST}:{port}", seed=seed))
            for service, port in targets.items()
        }
        connection = emulators.storage_connection_string(ports)
        settings = {
            **SETTINGS,
            "Storage": connection.replace(f"{LOCALHOST}:{ports.blob}", faults["blob"].address),
            "COSMOS_ENDPOINT": f"http://{faults['cosmos'].address}",
            "BLOB_TRIGGER_SOURCE": ("LogsAndContainerScan", "EventGrid")[seed % 2],
        }
        stack = stacked.enter_context(Stack(app, state, ports, env=settings))
        threads = stacked.enter_context(ThreadPoolExecutor(3))
        stack.start_emulators()
        stack.create_resources()
        made = World(stack, faults, threads)
        made.hosts["A"].begin()
        made.hosts["A"].wait()
        yield made


def _blob_queue(stack: Stack) -> Queue:
    """The host's queue between finding a blob and running its function."""
    endpoint = f"http://{LOCALHOST}:{stack.ports.queue}/{emulators.STORAGE_ACCOUNT}"
    account = Account(emulators.STORAGE_ACCOUNT, base64.b64decode(emulators.STORAGE_KEY), endpoint)
    host_id = sha256(str(stack.root.resolve()).encode()).hexdigest()[:20]
    return Queue(account, f"azure-webjobs-blobtrigger-{host_id}")


def _length(queue: Queue) -> int:
    """How many messages there are, those in work among them."""
    try:
        answer = call(queue.account, "GET", f"/{queue.name}", {"comp": "metadata"})
    except StorageError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return 0
        raise
    return int(answer.headers["x-ms-approximate-messages-count"])
