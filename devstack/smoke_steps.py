"""The steps of the smoke test: each waits for what the app promises, and raises SmokeError where it does not come."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from devstack.smoke_client import Answer, Client, NoAnswer, SmokeError, Status, segment
from devstack.smoke_file import COLUMNS, FIRST, SECOND, Version

FINAL = ("processed", "rejected", "failed", "deleted")
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between two looks; each pause is longer than the one before

type Record = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """Seconds after which something is taken not to happen any more."""

    ready: float
    file: float
    report: float


@dataclass(frozen=True)
class Pending:
    """Not yet, and what is seen instead."""

    seen: str


class Smoke:
    """One test with a file and a dataset of its own: `folder` is a name that nothing else has."""

    def __init__(self, client: Client, limits: Limits, folder: str, say: Callable[[str], None]) -> None:
        self.name = f"{folder}/smoke-test.csv"
        self.uploaded = False  # and not taken out again
        self.record: Record | None = None
        self._client = client
        self._limits = limits
        self._folder = folder
        self._say = say

    def run(self, *, upload: bool, replace: bool) -> None:
        """The steps. Raises SmokeError at the first that fails."""
        self._wait_until_ready()
        self._check_without_upload()
        if not upload:
            return
        self._upload_and_check(FIRST)
        if replace:
            self._upload_and_check(SECOND)
        self._take_out()

    def clean_up(self) -> str:
        """After a failure: try to take the file out, without waiting. Gives what has become of it."""
        left = f"The upload {self.name} is left behind"
        where = f"{self._client.url}/api/files"
        try:
            record = self._found()
            if isinstance(record, Pending):
                return f"{left}. Find its id with GET {where}?dataset={self._folder}, and DELETE {where}/{{id}}."
            answer = self._client.call("DELETE", f"files/{segment(record['id'])}")
        except (NoAnswer, SmokeError) as error:
            return f"{left} ({error})."
        if answer.status == HTTPStatus.NO_CONTENT:
            return f"The upload {self.name} was taken out again."
        return f"{left}: DELETE {where}/{segment(record['id'])} answered {answer}."

    def _wait_until_ready(self) -> None:
        self._wait(self._alive, self._limits.ready, Status.UNREACHABLE)
        self._wait(self._ready, self._limits.ready, Status.NOT_READY)
        self._say("alive, and reaches storage and Cosmos DB")

    def _alive(self) -> bool | Pending:
        answer = self._client.open("health")
        where = f"GET {self._client.url}/api/health answers {answer}"
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise SmokeError(
                Status.UNREACHABLE, f"{where} and leads to {answer.headers.get('location')}: give that address."
            )
        if answer.json().get("status") == "alive":
            return True
        return Pending(f"{where}, which is not this app's answer. Is the address right, and is the app published?")

    def _ready(self) -> bool | Pending:
        answer = self._client.open("ready")
        if answer.status == HTTPStatus.OK:
            return True
        return Pending(
            f"GET {self._client.url}/api/ready answers {answer}\n"
            "Rights that were given just now take some minutes; otherwise look at the app's identity and network."
        )

    def _check_without_upload(self) -> None:
        """Ask what would become of the file: with another dataset it would get into reports that people use."""
        path = f"validate?name={segment(self.name)}"
        found = self._wait(
            lambda: self._answered("POST", path, FIRST.content, "text/csv"), self._limits.ready, Status.NOT_READY
        ).json()
        if found.get("dataset") != self._folder:
            raise SmokeError(
                Status.WRONG,
                f"{self.name} would belong to dataset {found.get('dataset')!r}: a pattern in datasets.toml takes it. "
                "Nothing was uploaded. The smoke test needs names `smoke-*/**` that no dataset takes.",
            )
        expected = {**FIRST.counts, "columns": COLUMNS}
        self._compare("POST /api/validate", {key: found.get(key) for key in expected}, expected)
        self._say(f"takes the key, and would infer {', '.join(COLUMNS.values())}")

    def _upload_and_check(self, version: Version) -> None:
        etag = self._wait(lambda: self._sent(version.content), self._limits.ready, Status.NOT_READY)
        self._say(f"{'replaced' if self.record else 'uploaded'} {self.name} ({len(version.content)} bytes)")
        record = self._wait(lambda: self._settled(etag), self._limits.file)
        self._compare(f"the record of {self.name}", {key: record.get(key) for key in version.counts}, version.counts)
        counts = ", ".join(f"{count} {what}" for what, count in version.counts.items())
        trace = f" (trace {record['traceId']})" if record.get("traceId") else ""
        self._say(f"processed: {counts}{trace}")
        document = self._wait(self._shown_in_report, self._limits.report)
        seen = {"files": document.get("files"), "value": document.get("value")}
        self._compare(f"report {self._folder}/all", seen, {"files": 1, "value": [dict(version.row)]})
        self._say(f"report {self._folder}/all shows it, exactly")

    def _sent(self, content: bytes) -> str | Pending:
        """Upload to an address that the app gives out, a new one each time; the version's ETag."""
        body = json.dumps({"name": self.name}).encode()
        address = self._answered("POST", "uploads", body)
        if isinstance(address, Pending):
            return address
        answer = self._client.put(address.json(), content)
        if answer.status == HTTPStatus.CREATED:
            self.uploaded = True
            return answer.headers["etag"]
        return Pending(f"the upload to the address that POST /api/uploads gave out was answered {answer}")

    def _settled(self, etag: str) -> Record | Pending:
        record = self._found()
        if isinstance(record, Pending):
            return record
        self.record = record
        if record.get("etag") != etag or record.get("status") not in FINAL:
            return Pending(f"the app is not done with the upload. {_shown(record)}")
        if record["status"] != "processed":
            raise SmokeError(Status.WRONG, f"{self.name} should be processed. {_shown(record)}")
        return record

    def _found(self) -> Record | Pending:
        if self.record:
            answer = self._answered("GET", f"files/{segment(self.record['id'])}")
            return answer if isinstance(answer, Pending) else answer.json()
        answer = self._answered("GET", f"files?dataset={segment(self._folder)}")
        if isinstance(answer, Pending):
            return answer
        return next(
            iter(answer.json().get("value", [])),
            Pending(
                f"the app has no record of {self.name}: no event has told it of the upload. On Azure: is "
                "infra/eventgrid.bicep deployed, and does its subscription deliver? `reconcile` will find the upload "
                "all the same."
            ),
        )

    def _shown_in_report(self) -> Record | Pending:
        record = self._found()
        if isinstance(record, Pending):
            return record
        if record.get("stale"):
            return Pending(f"the report does not show the file yet: has `refresh` run? {_shown(record)}")
        return self._document()

    def _document(self) -> Record | Pending:
        answer = self._answered("GET", f"reports/{segment(self._folder)}/all", missing_is_fine=True)
        if isinstance(answer, Pending):
            return answer
        return {} if answer.status == HTTPStatus.NOT_FOUND else answer.json()

    def _take_out(self) -> None:
        assert self.record
        path = f"files/{segment(self.record['id'])}"
        self._wait(lambda: self._answered("DELETE", path), self._limits.file, Status.LEFT_BEHIND)
        self.uploaded = False
        self._wait(self._gone, self._limits.report, Status.LEFT_BEHIND)
        self._say("deleted: its record says so, and its report is empty")

    def _gone(self) -> bool | Pending:
        record = self._found()
        if isinstance(record, Pending):
            return record
        if record.get("status") != "deleted" or record.get("stale"):
            return Pending(f"the file was deleted, and the report still shows it: has `refresh` run? {_shown(record)}")
        document = self._document()
        if isinstance(document, Pending) or document:
            seen = document.seen if isinstance(document, Pending) else json.dumps(document)
            return Pending(f"the file was deleted, and report {self._folder}/all is not empty: {seen}")
        return True

    def _answered(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        content: str = "application/json",
        *,
        missing_is_fine: bool = False,
    ) -> Answer | Pending:
        answer = self._client.call(method, path, body, content)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES or (missing_is_fine and answer.status == HTTPStatus.NOT_FOUND):
            return answer
        seen = f"{method} {self._client.url}/api/{path} answers {answer}"
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise SmokeError(Status.WRONG, seen)  # it will not get better
        return Pending(seen)

    def _wait[T](self, look: Callable[[], T | Pending], seconds: float, status: Status = Status.TIMED_OUT) -> T:
        """What `look` finds, asked again until it does. Raises SmokeError with the last thing seen instead."""
        deadline = time.monotonic() + seconds
        pause = FIRST_PAUSE
        while True:
            try:
                found = look()
            except NoAnswer as error:
                found = Pending(f"no answer from {self._client.url}: {error}")
            if not isinstance(found, Pending):
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise SmokeError(status, f"after {seconds:g} s, {found.seen}")
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _compare(self, what: str, seen: object, expected: object) -> None:
        if seen != expected:
            both = f"  expected: {json.dumps(expected)}\n  found:    {json.dumps(seen)}"
            record = f"\n{_shown(self.record)}" if self.record else ""
            raise SmokeError(Status.WRONG, f"{what} is wrong.\n{both}{record}")


def _shown(record: Record) -> str:
    """The record, and how to follow what happened."""
    shown = f"Its record:\n{json.dumps(record, indent=2)}"
    if trace := record.get("traceId"):
        query = f"union requests, dependencies, exceptions, traces | where operation_Id == '{trace}'"
        shown += f"\nIts trace in Application Insights: {query}"
    return shown
