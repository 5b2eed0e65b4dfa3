"""`python -m devstack rebuild`: when it takes a rebuild for done, and what it says where it cannot be."""

from collections import Counter
from typing import Any

import pytest

from devstack import rebuild
from devstack.errors import StackError
from devstack.rebuild import Rebuild, compare, run


def record(name: str, status: str = "processed", etag: str = '"1"', stale: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"name": name, "status": status, "etag": etag, "stale": list(stale)}


@pytest.mark.parametrize("status", ["processed", "rejected", "failed"])
def test_an_upload_is_settled_when_its_record_says_what_became_of_this_version(status: str) -> None:
    state = compare({"a.csv": "1"}, [record("a.csv", status)])
    assert (state.is_done, state.statuses) == (True, Counter({status: 1}))


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record("a.csv", "processing")],
        [record("a.csv", "deleted")],
        [record("a.csv", etag='"0"')],
        [record("a.csv"), record("gone.csv")],
        [record("a.csv", stale=("r/all",))],
        [record("a.csv"), record("gone.csv", "deleted", stale=("r/all",))],
    ],
)
def test_a_rebuild_is_not_done_before_records_and_uploads_agree_and_reports_show_them(records: list[Any]) -> None:
    assert not compare({"a.csv": "1"}, records).is_done


def test_what_a_file_left_in_another_dataset_does_not_count() -> None:
    assert compare({"a.csv": "1"}, [record("a.csv", "deleted"), record("a.csv")]).is_done


class Api:
    """An app whose records become those of the next look with every look."""

    host_url, key = "http://app", "master"

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.looks = list(looks)
        self.runs: list[str] = []

    def items(self, path: str) -> list[dict[str, Any]]:
        assert path.startswith("files")
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def run_function(self, name: str, key: str) -> None:
        assert key == self.key
        self.runs.append(name)


@pytest.fixture(autouse=True)
def _a_clock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(rebuild.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(rebuild.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(Rebuild, "_uploads", lambda _: {"a.csv": "1"})


def test_both_functions_are_run_and_reports_again_as_soon_as_all_files_are_settled() -> None:
    api = Api([], [record("a.csv", stale=("r/all",))], [record("a.csv")])
    assert Rebuild(api, "").run().is_done  # type: ignore[arg-type]
    assert api.runs == ["reconcile", "refresh", "refresh"]


def test_where_nothing_is_to_be_seen_they_are_run_once_all_the_same() -> None:
    api = Api([record("a.csv")])
    Rebuild(api, "").run()  # type: ignore[arg-type]
    assert api.runs == ["reconcile", "refresh"]


def test_a_run_that_came_to_nothing_is_made_again() -> None:
    api = Api(*[[]] * 13, [record("a.csv")])
    Rebuild(api, "").run()  # type: ignore[arg-type]
    assert api.runs == ["reconcile", "refresh"] * 2


def test_what_never_ends_is_given_up_by_name() -> None:
    with pytest.raises(StackError, match=r"5 minutes; 1 files are not settled, such as a\.csv"):
        Rebuild(Api([record("a.csv", "processing")]), "").run()  # type: ignore[arg-type]


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for variable in ("PORT", "AZURITE_PORT", "COSMOS_PORT"):
        monkeypatch.setenv(variable, "9")


@pytest.mark.usefixtures("nobody_listens")
@pytest.mark.parametrize("storage", [{}, {"Storage": "nonsense"}])
def test_an_account_that_does_not_answer_is_one_plain_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], storage: dict[str, str]
) -> None:
    for name, value in storage.items():
        monkeypatch.setenv(name, value)
    assert run([]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("devstack: cannot list the uploads in the account that Storage names: ")
