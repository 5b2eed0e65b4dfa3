"""The states of a report's files, kept so that a change costs what has changed and not what there is.

A B-tree over file ids. A leaf holds the states of some files, side by side; an inner node holds, for each of its
children, the states of all files below it, merged. A file that is new, replaced or gone touches one path from a leaf to
the root; on every node of it the states of the others are read, not computed again. Taking a file out is exact: its
rows leave the leaf, and the merged states above are made anew from what is left.

Nodes are never changed, only replaced by others (copy-on-write), and the root's name is kept in the report document.
So the compare-and-set that replaces the document replaces the tree with it, and two refreshes at once do no harm.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import polars as pl

from shared.reports.partials import merge

# The columns of a node besides groups and states. Every entry has one row per group, and the same in these.
KEY = "key"  # the file's id; in an inner node the least one below the child
REF = "ref"  # the file's generation; in an inner node the child's name
FILES = "files"  # how many files it stands for
OWN = (KEY, REF, FILES)

LEAF, INNER = "leaf", "node"  # what names begin with

MAX_ENTRIES = 128
NODE_BYTES = 1 << 20  # of states; above it a node is divided, unless it has few entries
FEW_ENTRIES = 4
FULL = 0.75  # how full a node is made when one is divided: the next few changes find room


class Nodes(Protocol):
    """Where nodes are kept: each is written once, under a name of its own."""

    def get(self, name: str) -> pl.DataFrame: ...
    def put(self, name: str, node: pl.DataFrame) -> None: ...


@dataclass(frozen=True, slots=True)
class Share:
    """What one generation of a file contributes: a frame of states."""

    generation: int
    states: pl.DataFrame


@dataclass(slots=True)
class Edit:
    """A new edition of a tree in the making. Nothing of it counts before a report document names its root.

    `root` None is the empty tree. `merged` are the states of all files (None: there are none), once `apply` has run.
    """

    nodes: Nodes
    by: tuple[str, ...]
    version: int  # of the report document that will name it: no two editions have a node's name in common
    root: str | None
    files: int = 0
    merged: pl.DataFrame | None = None
    replaced: set[str] = field(default_factory=set)  # nodes that are no part of this edition any more

    def apply(self, changes: Mapping[str, Share | None]) -> None:
        """Put the share of each of these files in place of what the tree has of it; None takes the file out."""
        entries = self._changed(self.root, changes)
        while len(entries) > 1:
            entries = self._packed(entries, INNER)
        self.root, self.files, self.merged = None, 0, None
        if entries:
            (top,) = entries
            self.root, self.files, self.merged = top[REF][0], top[FILES][0], top.drop(OWN)

    def _changed(self, name: str | None, changes: Mapping[str, Share | None]) -> list[pl.DataFrame]:
        """The entries that stand for the node `name` from now on: none, one, or several where it has been divided."""
        if name is None:
            return self._packed(_entries(changes), LEAF)
        node = self.nodes.get(name)
        self.replaced.add(name)
        if name.startswith(LEAF):
            kept = node.filter(~pl.col(KEY).is_in(list(changes)))
            return self._packed([kept, *_entries(changes)], LEAF)
        children = dict(node.select(KEY, REF).unique(KEY).sort(KEY).iter_rows())
        below = _by_child(list(children), changes)
        pieces = [node.filter(~pl.col(KEY).is_in(list(below)))]
        for key, its_changes in below.items():
            pieces += self._changed(children[key], its_changes)
        return self._packed(pieces, INNER)

    def _packed(self, pieces: Iterable[pl.DataFrame], kind: str) -> list[pl.DataFrame]:
        """Write nodes that hold these entries, and give the entries that stand for them."""
        pieces = [piece for piece in pieces if piece.height]
        if not pieces:
            return []
        together = pl.concat(pieces, how="diagonal_relaxed").sort(KEY, maintain_order=True)
        starts = together[KEY].rle_id().rle().struct.field("len").cum_sum().shift(1, fill_value=0).to_list()
        if kind == INNER and len(starts) == 1:
            return [together]  # a node with a single child would say nothing that the child does not
        return [self._written(node, kind) for node in _divided(together, starts)]

    def _written(self, node: pl.DataFrame, kind: str) -> pl.DataFrame:
        entries = node.select(OWN).unique(KEY).sort(KEY)
        name = f"{kind}-{self.version}-{_digest(entries)}"
        self.nodes.put(name, node)
        self.replaced.discard(name)  # by one of the same entries, in the same edition
        own = {KEY: entries[KEY][0], REF: name, FILES: entries[FILES].sum()}
        return merge([node.drop(OWN)], self.by).with_columns(**{column: pl.lit(value) for column, value in own.items()})


def _entries(changes: Mapping[str, Share | None]) -> list[pl.DataFrame]:
    return [
        share.states.with_columns(
            pl.lit(key).alias(KEY), pl.lit(str(share.generation)).alias(REF), pl.lit(1).alias(FILES)
        )
        for key, share in changes.items()
        if share
    ]


def _by_child(keys: list[str], changes: Mapping[str, Share | None]) -> dict[str, dict[str, Share | None]]:
    """The changes below each child that has any. A child is named by its least key; the first takes lesser ones too."""
    below: dict[str, dict[str, Share | None]] = {}
    for key, share in sorted(changes.items(), key=lambda change: change[0]):
        below.setdefault(keys[max(bisect_right(keys, key) - 1, 0)], {})[key] = share
    return below


def _divided(together: pl.DataFrame, starts: list[int]) -> list[pl.DataFrame]:
    """The entries that begin at these rows, as nodes of a good size."""
    entries, size = len(starts), together.drop(OWN).estimated_size()
    if entries <= FEW_ENTRIES or (entries <= MAX_ENTRIES and size <= NODE_BYTES):
        return [together]
    wanted = max(2, round(entries / (FULL * MAX_ENTRIES)), round(size / (FULL * NODE_BYTES)))
    number = min(wanted, entries // 2)  # two entries at least, or the levels above would never come to an end
    cuts = [*(starts[at * entries // number] for at in range(number)), together.height]
    return [together.slice(start, end - start) for start, end in pairwise(cuts)]


def _digest(entries: pl.DataFrame) -> str:
    """What is in a node, as a name: who has the same entries has the same states."""
    lines = (f"{key} {ref}" for key, ref in entries.select(KEY, REF).iter_rows())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
