"""What is asked of refresh, and how each figure is measured: in this process, over the wire to the emulators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from benchmarks.figures import Bound, Line, Measured, at_most
from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError, Pair, Run, pairs
from benchmarks.sales import PERIOD, REPORT, Sales
from shared.reports.document import PAGE_BYTES, Page, page_id
from shared.reports.query import Asked
from shared.reports.read import Table

SECONDS, MILLISECONDS = " s", " ms"
TOP = 1_000  # rows that a reader asks for at a time, the most that the API gives
SMALL = Sales(rows=100, products=32)  # a file of the periods with few and with many


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    few: int = 10  # files of a period
    many: int = 10_000
    changes: int = 9  # of each kind, in a period
    files: int = 1_000  # whose partials are merged, of so many rows and groups each
    rows: int = 10_000
    groups: int = 1_000
    merges: int = 3
    large_files: int = 10
    large_rows: int = 50_000
    large_groups: int = 100_000
    uploads: int = 1_000
    upload_rows: int = 530  # 50 KB
    upload_runs: int = 2


QUICK = Sizes(5, 200, 2, 20, 1_000, 100, 1, 4, 5_000, 10_000, 40, 530, 1)


@dataclass(frozen=True, slots=True)
class RefreshBench:
    """What is measured on, and what is found besides figures: where the time of one refresh goes."""

    sizes: Sizes = field(default_factory=Sizes)
    profile: dict[str, str] = field(default_factory=dict)


type Found = Iterator[tuple[Line, Measured]]


class PeriodOfFiles:
    """An installation with so many files in one period, and the changes that are made to them."""

    def __init__(self, installation: Installation, files: int) -> None:
        self._installation = installation
        self._files = files
        self._changes = 0
        self._revenue = SMALL.revenue * files

    def fill(self) -> Run:
        """All files, and the first refresh."""
        names = [self._name(number) for number in range(self._files)]
        self._installation.put(names[0], SMALL)
        self._installation.copy(names[0], names[1:], stale=False)
        taken = self._refresh()
        self._installation.calls.clear()
        return taken

    def new(self) -> Run:
        """One more file; it does not stay."""
        name = self._add()
        taken = self._refresh()
        self._delete(name)
        self._refresh_uncounted()
        return taken

    def replaced(self) -> Run:
        """A new version of a file, each time of another."""
        self._changes += 1
        dearer = Sales(SMALL.rows, SMALL.products, dearer=1)
        self._installation.put(self._name(self._changes * 97 % self._files), dearer)
        self._revenue += dearer.revenue - SMALL.revenue
        return self._refresh()

    def deleted(self) -> Run:
        """A file that was there is gone."""
        name = self._add()
        self._refresh_uncounted()
        self._delete(name)
        return self._refresh()

    def _add(self) -> str:
        self._changes += 1
        name = f"{self._name(self._changes * 89 % self._files)[:-4]}-new.csv"
        self._installation.put(name, SMALL)
        self._revenue += SMALL.revenue
        return name

    def _delete(self, name: str) -> None:
        self._installation.delete(name)
        self._revenue -= SMALL.revenue

    def _refresh(self) -> Run:
        return self._installation.refresh(self._revenue)

    def _refresh_uncounted(self) -> None:
        self._installation.app.refresh.refresh()

    @staticmethod
    def _name(number: int) -> str:
        return f"sales/{number:05}.csv"


def changes(bench: RefreshBench) -> Found:
    """One changed file in a period of many files, against the same in a period of few."""
    sizes = bench.sizes
    with Installation() as large, Installation() as small:
        many, few = PeriodOfFiles(large, sizes.many), PeriodOfFiles(small, sizes.few)
        first = {f"{sizes.many:,} files": [many.fill()], f"{sizes.few} files": [few.fill()]}
        sides = list(first)
        yield (
            Line("rebuild", f"the first refresh of a period with {sizes.many:,} files", Bound(None, SECONDS)),
            Measured(first[sides[0]][0].seconds, first),
        )
        for kind, what, one, other in (
            ("new", "one new file", many.new, few.new),
            ("replaced", "one replaced file", many.replaced, few.replaced),
            ("deleted", "one deleted file", many.deleted, few.deleted),
        ):
            taken = pairs(one, other, sizes.changes)
            line = Line(kind, f"{what}, {sizes.many:,} files in the period: time over that of {sizes.few}", at_most(2))
            yield line, _ratio(taken, *sides)
        bench.profile[f"one change, {sides[0]}"] = str(large.calls)
        bench.profile[f"one change, {sides[1]}"] = str(small.calls)


def partials(bench: RefreshBench) -> Found:
    """Many new files at once, from their partials to the report."""
    sizes = bench.sizes
    sales = Sales(sizes.rows, sizes.groups)
    taken = []
    for _ in range(sizes.merges):
        with Installation() as installation:
            names = [f"sales/{number:05}.csv" for number in range(sizes.files)]
            installation.put(names[0], sales)
            installation.copy(names[0], names[1:], stale=True)
            taken.append(installation.refresh(sales.revenue * sizes.files))
            bench.profile[f"{sizes.files:,} new files"] = str(installation.calls)
    what = f"{sizes.files * sizes.rows:,} rows in {sizes.files:,} new files, {sizes.groups:,} groups, from partials"
    seconds = median(run.seconds for run in taken)
    yield Line("partials", what, at_most(5, SECONDS)), Measured(seconds, {"refresh": taken})


def large(bench: RefreshBench) -> Found:
    """One period with very many groups: refreshed, changed, and read back."""
    sizes = bench.sizes
    files = [_large_file(sizes, number) for number in range(sizes.large_files + 1)]
    groups = f"{sizes.large_groups:,} groups in one period"
    with Installation() as installation:
        *before, after = files
        for number, sales in enumerate(before):
            installation.put(f"sales/{number:05}.csv", sales)
        revenue = Decimal(sum(sales.revenue for sales in before))
        taken = installation.refresh(revenue)
        yield Line("large", f"{groups}, from {len(before)} new files", Bound(None, SECONDS)), _one("refresh", taken)
        bench.profile[f"{groups}, new"] = str(installation.calls)

        installation.calls.clear()
        installation.put(f"sales/{len(before):05}.csv", after)
        taken = installation.refresh(revenue + after.revenue)
        yield Line("large-new", f"{groups}, one new file", Bound(None, SECONDS)), _one("refresh", taken)
        bench.profile[f"{groups}, one new file"] = str(installation.calls)

        largest = _largest_page(installation)
        yield Line("page", f"{groups}: the largest document", at_most(1, " MB")), Measured(largest / 1e6)

        installation.calls.clear()
        first = [installation.timed(lambda: _rows(installation, None)) for _ in range(5)]
        what = f"{groups}: its first {TOP:,} rows for a reader"
        yield Line("first", what, Bound(None, MILLISECONDS)), Measured(_median_ms(first), {"read": first})
        bench.profile[what] = str(installation.calls)

        taken = installation.timed(lambda: _read_back(installation, sizes.large_groups, revenue + after.revenue))
        yield Line("read", f"{groups}: read back, {TOP:,} rows at a time", Bound(None, SECONDS)), _one("read", taken)


def _large_file(sizes: Sizes, number: int) -> Sales:
    """Half of all groups, so that each file has others."""
    return Sales(sizes.large_rows, sizes.large_groups, first=number * sizes.large_groups // sizes.large_files)


def _largest_page(installation: Installation) -> int:
    """The bytes of the largest document of the report. There must be several."""
    document = installation.report()
    if document.pages is None:
        raise BenchmarkError(f"{REPORT} is no large report: its {document.size:,} groups fit in {PAGE_BYTES:,} bytes")
    edition, numbers = document.pages.edition, range(len(document.pages.sizes))
    groups = [installation.app.reports.page(REPORT, page_id(PERIOD, edition, number)) or () for number in numbers]
    pages = [Page(REPORT, PERIOD, document.version, edition, number, groups[number]) for number in numbers]
    documents = [document.to_document(), *(page.to_document() for page in pages)]
    return max(len(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()) for one in documents)


def _read_back(installation: Installation, groups: int, revenue: Decimal) -> None:
    """All rows, as somebody reads them who follows the links."""
    found, total = 0, Decimal(0)
    page = _rows(installation, None)
    while True:
        found += len(page.rows)
        total += sum(Decimal(row["revenue"]) for row in page.rows)
        if page.cursor is None:
            break
        page = _rows(installation, page.cursor)
    if (found, total) != (groups, revenue):
        raise BenchmarkError(f"{REPORT} reads back as {found} groups and {total} instead of {groups} and {revenue}")


def _rows(installation: Installation, cursor: object) -> Table:
    """A page of rows, from where another one ended."""
    reader = installation.app.reader
    return reader.rows(reader.of_period(REPORT, PERIOD, Asked(top=TOP, cursor=cursor)))


def _ratio(taken: list[Pair], one: str, other: str) -> Measured:
    sides = {one: [pair.one for pair in taken], other: [pair.other for pair in taken]}
    return Measured(median(pair.ratio for pair in taken), sides)


def _one(side: str, taken: Run) -> Measured:
    return Measured(taken.seconds, {side: [taken]})


def _median_ms(taken: list[Run]) -> float:
    return median(run.seconds for run in taken) * 1000
