"""The last traces, in bounded memory, and finding one again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devstack.telemetry.model import LogLine, Span
from devstack.telemetry.trace import Summary, Trace

TRACES_AT_MOST = 500
SPANS_AT_MOST = 60_000


@dataclass(frozen=True)
class Search:
    """What to look for; empty is anything. `status` is error, ok, or what became of the file.

    Without `idle`, timers' runs that found nothing to do are left out: most of all there is.
    """

    file: str = ""
    trace_id: str = ""
    function: str = ""
    status: str = ""
    idle: bool = True

    def finds(self, found: Summary) -> bool:
        """Whether a trace is one of those. Files are found by a part of their name, in any case, or by their id."""
        return (
            self._finds_file(found)
            and found.trace_id.startswith(self.trace_id.strip().lower())
            and self.function.casefold() in ("", found.function.casefold())
            and (self.idle or not found.is_idle)
            and self.status in ("", found.outcome, "error" if found.errors else "ok")
        )

    def _finds_file(self, found: Summary) -> bool:
        wanted = self.file.strip()
        part = wanted.casefold()
        return not wanted or wanted in found.file_ids or any(part in name.casefold() for name in found.files)


class TraceStore:
    """Traces in the order they began to arrive.

    Where there are too many, the function with the most traces loses its oldest one: timers that run every few
    seconds must not push out the one ingest that somebody looks for.
    """

    def __init__(self, traces_at_most: int = TRACES_AT_MOST, spans_at_most: int = SPANS_AT_MOST) -> None:
        self._traces: dict[str, Trace] = {}
        self._traces_at_most = traces_at_most
        self._spans_at_most = spans_at_most

    def add_spans(self, spans: Iterable[Span]) -> None:
        """Keep what has arrived, and forget what is then too much."""
        for span in spans:
            self._of(span.trace_id).add_span(span)
        self._forget()

    def add_logs(self, lines: Iterable[LogLine]) -> None:
        """Keep log lines; their spans may come later."""
        for line in lines:
            self._of(line.trace_id).add_log(line)
        self._forget()

    def trace(self, trace_id: str) -> Trace | None:
        """The trace with this id, if it is still kept."""
        return self._traces.get(trace_id)

    def search(self, wanted: Search) -> list[Summary]:
        """The traces found, newest first."""
        found = [trace.summary for trace in self._shown() if wanted.finds(trace.summary)]
        return sorted(found, key=lambda summary: summary.start, reverse=True)

    def linking_to(self, trace_id: str) -> list[Summary]:
        """The traces that have a link to this one, oldest first: the refreshes that an ingest made necessary."""
        found = [trace.summary for trace in self._shown() if trace_id in trace.linked]
        return sorted(found, key=lambda summary: summary.start)

    def functions(self) -> list[str]:
        """The functions that there are traces of."""
        return sorted({trace.summary.function for trace in self._shown()})

    def _shown(self) -> Iterator[Trace]:
        """Those that have more than log lines so far."""
        return (trace for trace in self._traces.values() if len(trace))

    def _of(self, trace_id: str) -> Trace:
        return self._traces.setdefault(trace_id, Trace(trace_id))

    def _forget(self) -> None:
        spans = sum(map(len, self._traces.values()))
        if len(self._traces) <= self._traces_at_most and spans <= self._spans_at_most:
            return
        of_function = Counter(trace.summary.function for trace in self._traces.values())
        while len(self._traces) > self._traces_at_most or (spans > self._spans_at_most and len(self._traces) > 1):
            most = of_function.most_common(1)[0][0]
            oldest = next(trace for trace in self._traces.values() if trace.summary.function == most)
            of_function[most] -= 1
            spans -= len(self._traces.pop(oldest.trace_id))
