"""One trace as it arrives, in pieces and in any order; what it comes to, and its spans as a tree."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from devstack.telemetry.model import LogLine, Span

SPANS_AT_MOST = 20_000
LOGS_AT_MOST = 2_000
_WORK = frozenset({"file.path", "pipeline.report"})


@dataclass(frozen=True)
class Summary:
    """What a list shows of a trace. `outcome` is what became of its files, as their records say it."""

    trace_id: str
    function: str
    start: int
    end: int
    files: tuple[str, ...]
    file_ids: tuple[str, ...]
    datasets: tuple[str, ...]
    outcome: str
    spans: int
    errors: int
    is_idle: bool  # a timer's run that found nothing to do


@dataclass(frozen=True)
class Row:
    """A span in the tree: how deep it lies, and whether it has a parent that never came."""

    span: Span
    depth: int
    is_orphan: bool


class Trace:
    """The spans and log lines of one trace. What is beyond the limits is counted."""

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        self.logs: list[LogLine] = []
        self.left_out = 0
        self._spans: dict[str, Span] = {}

    def __len__(self) -> int:
        return len(self._spans)

    def add_span(self, span: Span) -> None:
        """Keep a span. One that is sent again, as exporters do when an answer is lost, replaces itself."""
        if len(self._spans) >= SPANS_AT_MOST and span.span_id not in self._spans:
            self.left_out += 1
            return
        self._spans[span.span_id] = span
        self.__dict__.pop("summary", None)  # what is cached is of the spans so far
        self.__dict__.pop("linked", None)

    def add_log(self, line: LogLine) -> None:
        """Keep a log line."""
        if len(self.logs) < LOGS_AT_MOST:
            self.logs.append(line)
        else:
            self.left_out += 1

    def span(self, span_id: str) -> Span | None:
        return self._spans.get(span_id)

    def spans(self) -> Iterable[Span]:
        return self._spans.values()

    @cached_property
    def linked(self) -> set[str]:
        """The ids of the traces that this one links to."""
        return {link.trace_id for span in self._spans.values() for link in span.links}

    @cached_property
    def summary(self) -> Summary:
        """What the trace comes to, of what has arrived."""
        root = self._root()
        spans = self._spans.values()
        outcomes = self._values("pipeline.status")
        return Summary(
            trace_id=self.trace_id,
            function=root.name if root else "",
            start=min((span.start for span in spans), default=0),
            end=max((span.end for span in spans), default=0),
            files=self._values("file.path"),
            file_ids=self._values("pipeline.file.id"),
            datasets=self._values("pipeline.dataset"),
            outcome=outcomes[0] if len(outcomes) == 1 else "",
            spans=len(spans),
            errors=sum(span.is_error for span in spans),
            is_idle=root is not None
            and root.attributes.get("faas.trigger") == "timer"
            and not any(map(_does_work, spans)),
        )

    def rows(self) -> list[Row]:
        """The tree, parents before children, siblings by the time they began. Every span is in it once."""
        by_start = sorted(self._spans.values(), key=lambda span: span.start)
        children: dict[str, list[Span]] = defaultdict(list)
        for span in reversed(by_start):
            children[span.parent_id].append(span)
        rows: list[Row] = []
        seen: set[str] = set()
        # After the tops come spans that are their own ancestors, if a broken client has sent such
        for top in [span for span in by_start if self._is_top(span)] + by_start:
            waiting = [(top, 0)]
            while waiting:
                span, depth = waiting.pop()
                if span.span_id in seen:
                    continue
                seen.add(span.span_id)
                rows.append(Row(span, depth, is_orphan=bool(span.parent_id) and self._is_top(span)))
                waiting += [(child, depth + 1) for child in children[span.span_id]]
        return rows

    def _root(self) -> Span | None:
        """The invocation, where it has come; spans are sent when they end, so its parts come first."""
        tops = [span for span in self._spans.values() if self._is_top(span)]
        return min(tops, key=lambda span: ("faas.trigger" not in span.attributes, span.start), default=None)

    def _is_top(self, span: Span) -> bool:
        return span.parent_id not in self._spans

    def own_scope(self) -> str:
        """Who made the invocation's span: the app."""
        root = self._root()
        return root.scope if root else ""

    def _values(self, attribute: str) -> tuple[str, ...]:
        found = (span.attributes.get(attribute) for span in self._spans.values())
        return tuple(dict.fromkeys(value for value in found if isinstance(value, str)))


def _does_work(span: Span) -> bool:
    return span.is_error or bool(span.links) or bool(_WORK & span.attributes.keys())
