"""The progress bar of `devstack check`: what it says, where it fits, and who sees it."""

import io

import pytest

from devstack import progress
from devstack.progress import Progress, WatchedOutputs, WatchedUpload
from shared.ingest.upload import Version


class Terminal(io.StringIO):
    """A terminal of 80 columns: the width of one that does not say."""

    def isatty(self):
        return True

    def fileno(self):
        raise OSError


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def terminal():
    return Terminal()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bar(terminal, clock):
    return Progress(100_000_000, terminal, clock)


def test_it_shows_share_time_left_speed_and_records(bar, terminal, clock):
    clock.seconds = 2
    bar.add(read=25_000_000, records=1_234_567)
    assert terminal.getvalue() == "\r 25%  [#######-----------------------]  0:06 left  12 MB/s  1,234,567 records"


def test_a_file_that_is_done_soon_has_none(bar, terminal, clock):
    for clock.seconds in (0.5, 0.9):
        bar.add(read=1)
    bar.close()
    assert terminal.getvalue() == ""


def test_it_is_not_drawn_for_every_bit(bar, terminal, clock):
    for step in range(1000):
        clock.seconds = 2 + step / 1000
        bar.add(read=1)
    assert terminal.getvalue().count("\r") == 10


def test_a_shorter_line_covers_the_longer_one_before_it(bar, terminal, clock):
    clock.seconds = 3600.0
    bar.add(read=1_000_000)
    clock.seconds = 3601.0
    bar.add(read=98_000_000)
    before, after = terminal.getvalue().split("\r")[1:]
    assert "99:00:00 left" in before
    assert "0:36 left" in after
    assert len(after) == len(before)


def test_it_is_wiped_out_at_the_end_and_does_not_come_back(bar, terminal, clock):
    clock.seconds = 2
    bar.add(read=1)
    bar.close()
    clock.seconds = 3
    bar.add(read=1)
    drawn = terminal.getvalue().split("\r")
    assert len(drawn) == 4
    assert (drawn[2].strip(), len(drawn[2]), drawn[3]) == ("", len(drawn[1]), "")


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (4, "\r 50"),
        (10, "\r 50%"),
        (20, "\r 50%  0:02 left"),
        (30, "\r 50%  0:02 left  25 MB/s"),
        (45, "\r 50%  0:02 left  25 MB/s  7 records"),
        (60, "\r 50%  [##########----------]  0:02 left  25 MB/s  7 records"),
    ],
)
def test_a_narrow_terminal_gets_what_matters_most(terminal, monkeypatch, columns, line):
    monkeypatch.setattr(progress, "USUAL_WIDTH", columns)
    times = iter((0.0, 2.0))
    Progress(100_000_000, terminal, lambda: next(times)).add(read=50_000_000, records=7)
    assert terminal.getvalue() == line


def test_time_left_and_speed_are_not_told_before_they_are_known(bar, terminal, clock):
    clock.seconds = 2
    bar.add(records=5)
    assert terminal.getvalue() == "\r  0%  [------------------------------]  5 records"


def test_more_bytes_than_were_announced_are_no_more_than_all(bar, terminal, clock):
    clock.seconds = 2
    bar.add(read=300_000_000)
    assert terminal.getvalue().startswith("\r100%")


def test_a_log_or_a_dumb_terminal_gets_nothing(clock, monkeypatch):
    log, dumb = io.StringIO(), Terminal()
    quiet = [Progress(1, log, clock)]
    monkeypatch.setenv("TERM", "dumb")
    quiet.append(Progress(1, dumb, clock))
    clock.seconds = 2
    for each in quiet:
        each.add(read=1)
        each.close()
    assert (log.getvalue(), dumb.getvalue()) == ("", "")


class Upload:
    name = "a.csv"

    def version(self):
        return Version("etag", 4)

    def chunks(self, _):
        yield from (b"ab", b"cd")


class Outputs(list):
    def draft(self, container, name, content_type, head_size=0):
        self.append((container, name, content_type, head_size))
        return self

    def write(self, data):
        self.append(data)

    def publish(self, head):
        self.append(head)


def test_the_bytes_of_an_upload_are_counted_when_they_have_been_used(terminal, clock):
    clock.seconds = -2.0
    upload = WatchedUpload(Upload(), Progress(4, terminal, clock))
    clock.seconds = 0.0
    chunks = upload.chunks(upload.version())
    assert next(chunks) == b"ab"
    assert terminal.getvalue() == ""
    assert next(chunks) == b"cd"
    assert " 50%" in terminal.getvalue()


def test_records_are_counted_by_their_lines_and_rejects_are_not(terminal, clock):
    outputs = Outputs()
    watched = WatchedOutputs(outputs, Progress(1, terminal, clock))
    records = watched.draft("processed", "a.json", "application/json", 4)
    clock.seconds = 2
    watched.draft("rejected", "a.csv", "text/csv", 3).write(b"1\n{2\n{3\n")
    assert terminal.getvalue() == ""
    records.write(b'\n{"a":"{"},\n{"a":"}"}')
    records.publish(b"head")
    assert "  2 records" in terminal.getvalue()
    assert outputs[-2:] == [b'\n{"a":"{"},\n{"a":"}"}', b"head"]
