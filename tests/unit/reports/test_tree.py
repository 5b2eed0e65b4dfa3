"""The tree of states: whatever happens to files, it shows just those that count, and a change touches one path."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.reports import tree
from shared.reports.partials import merge
from shared.reports.tree import Edit, Share

BY = ("by:g",)


class Kept:
    """Nodes in memory, and what was done with them."""

    def __init__(self) -> None:
        self.nodes: dict[str, pl.DataFrame] = {}
        self.read: list[str] = []

    def get(self, name: str) -> pl.DataFrame:
        self.read.append(name)
        return self.nodes[name]

    def put(self, name: str, node: pl.DataFrame) -> None:
        self.nodes[name] = node


def states(groups: dict[str, int]) -> pl.DataFrame:
    """A file's share: one row and one value in each of these groups."""
    return pl.DataFrame(
        {"by:g": list(groups), "rows:": [1] * len(groups), "sum:x": list(groups.values())},
        schema={"by:g": pl.String, "rows:": pl.Int64, "sum:x": pl.Int128},
    )


def edited(kept: Kept, root: str | None, version: int, changes: dict[str, Share | None]) -> Edit:
    """The tree after these changes, with the nodes that it has no more taken away."""
    edit = Edit(kept, BY, version, root)
    edit.apply(changes)
    for name in edit.replaced:
        del kept.nodes[name]
    return edit


def shown(merged: pl.DataFrame | None) -> list[tuple[object, ...]]:
    return [] if merged is None else sorted(merged.select("by:g", "rows:", "sum:x").rows())


@pytest.fixture
def small_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few files make a tree of several levels."""
    monkeypatch.setattr(tree, "MAX_ENTRIES", 4)


FILES = st.integers(0, 40).map(lambda number: f"file-{number:02d}")
GROUPS = st.dictionaries(st.sampled_from("abc"), st.integers(-5, 5), min_size=1)
CHANGES = st.lists(st.dictionaries(FILES, st.none() | GROUPS, min_size=1, max_size=12), min_size=1, max_size=12)


@settings(deadline=None)
@given(CHANGES)
def test_a_tree_shows_just_the_files_that_count(steps: list[dict[str, dict[str, int] | None]]) -> None:
    kept, root, counting = Kept(), None, {}
    limit, tree.MAX_ENTRIES = tree.MAX_ENTRIES, 4
    try:
        for version, step in enumerate(steps, start=1):
            shares = {file: Share(version, states(groups)) if groups else None for file, groups in step.items()}
            edit = edited(kept, root, version, shares)
            root = edit.root
            counting = {file: share for file, share in (counting | shares).items() if share}
            expected = merge([share.states for share in counting.values()], BY) if counting else None
            assert (shown(edit.merged), edit.files) == (shown(expected), len(counting))
    finally:
        tree.MAX_ENTRIES = limit
    assert set(kept.nodes) == reachable(kept, root), "a node that nothing leads to, or one that is missing"


def reachable(kept: Kept, root: str | None) -> set[str]:
    if root is None:
        return set()
    children = kept.nodes[root][tree.REF].to_list() if root.startswith(tree.INNER) else []
    return {root}.union(*(reachable(kept, child) for child in children))


def full_tree(files: int) -> tuple[Kept, str | None]:
    kept = Kept()
    edit = edited(kept, None, 1, {f"file-{n:05d}": Share(1, states({"a": 1})) for n in range(files)})
    return kept, edit.root


@pytest.mark.parametrize("share", [Share(2, states({"a": 5})), None], ids=["replaced", "taken out"])
def test_a_changed_file_touches_one_path(small_nodes: None, share: Share | None) -> None:
    kept, root = full_tree(1000)
    before, kept.read = set(kept.nodes), []
    edited(kept, root, 2, {"file-00500": share})
    path = len(kept.read)
    assert 4 <= path <= 10  # levels of a tree whose nodes have two to four entries
    assert len(before - set(kept.nodes)) == path
    assert len(set(kept.nodes) - before) <= path


def test_ten_thousand_files_have_two_levels() -> None:
    kept, root = full_tree(10_000)
    edited(kept, root, 2, {"file-05000": Share(2, states({"a": 5}))})
    assert [name.partition("-")[0] for name in kept.read] == [tree.INNER, tree.LEAF]


def test_a_file_that_comes_again_in_the_same_generation_counts_once(small_nodes: None) -> None:
    kept, root = full_tree(10)
    edit = edited(kept, root, 2, {"file-00003": Share(1, states({"a": 1}))})
    assert (shown(edit.merged), edit.files) == ([("a", 10, 10)], 10)


def test_taking_out_what_is_not_there_changes_nothing(small_nodes: None) -> None:
    kept, root = full_tree(10)
    edit = edited(kept, root, 2, {"file-00003x": None, "a": None, "z": None})
    assert (shown(edit.merged), edit.files) == ([("a", 10, 10)], 10)


def test_a_tree_that_loses_its_last_file_is_empty() -> None:
    kept, root = full_tree(1)
    edit = edited(kept, root, 2, {"file-00000": None})
    assert (edit.root, edit.files, edit.merged, kept.nodes) == (None, 0, None, {})


def test_nothing_of_the_tree_that_is_read_changes_before_the_new_one_counts(small_nodes: None) -> None:
    kept, root = full_tree(50)
    before = dict(kept.nodes)
    Edit(kept, BY, 2, root).apply({f"file-{n:05d}": None for n in range(50)})
    assert {name: kept.nodes[name] for name in before} == before


def test_two_editions_have_no_name_in_common(small_nodes: None) -> None:
    """Else who removes what one has replaced could remove what a later one has written again."""
    kept, root = full_tree(50)
    first = set(kept.nodes)
    grown = edited(kept, root, 2, {"file-00007x": Share(2, states({"a": 1}))})
    second = set(kept.nodes) - first
    edited(kept, grown.root, 3, {"file-00007x": None})
    third = set(kept.nodes) - first - second
    assert third
    assert all(f"-{version}-" in name for version, names in ((2, second), (3, third)) for name in names)


def test_large_states_make_nodes_with_few_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "NODE_BYTES", 1000)
    kept, _ = full_tree(0)
    edited(kept, None, 1, {f"file-{n}": Share(1, states({f"g{g:03d}": 1 for g in range(20)})) for n in range(64)})
    entries = [node[tree.KEY].n_unique() for node in kept.nodes.values()]
    assert max(entries) <= tree.FEW_ENTRIES
