"""What must be true of a world in memory wherever nobody is at work and nothing is stale."""

import io
import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from shared.names import node_name, processed_name, rejected_name
from shared.reports.tree import INNER, KEY, REF
from tests.unit.protocol.reading import kept_rows
from tests.unit.protocol.truth import Shown, accepted_rows, has_rejects, revenue, texts


def check_rest(pipeline: Any, *, crashed: bool = False, lost: bool = False) -> None:
    """The newest versions count, reports show just them, and nothing else is kept.

    `crashed`: somebody has left what he had begun. `lost`: a refresh may have left what another one was quicker with.
    """
    world = pipeline.world
    _check_records(pipeline)
    assert _pages(world) >= set(_pages_in_use(world)), "a page is missing"
    assert _shown(pipeline) == revenue(texts(world.uploads).values()), "a report is wrong"
    assert pipeline.reconcile() == 0, "reconcile finds something left to do"
    if not crashed:
        assert {key: number for key, (number, _) in world.documents.items()} == dict(_outputs(pipeline))
    assert _nodes(world) >= set(_nodes_in_use(world)), "a node is missing"
    if not (crashed or lost):
        for head in _heads(world):
            kept = {page["edition"] for page in _all_pages(world) if page["pageOf"] == head["period"]}
            assert len(kept - {head["edition"]}) <= 1, "more pages are kept than those of the version before"
    if crashed or lost or _pages(world) - set(_pages_in_use(world)):  # pages are kept for one more version
        pipeline.sweep()
    assert _nodes(world) == set(_nodes_in_use(world)), "a node is kept that no report speaks of"
    assert set(_pages_of_the_past(world)) <= set(_pages_in_use(world)), "a page is kept that no report speaks of"


def _shown(pipeline: Any) -> Shown:
    shown: Shown = {}
    for row in kept_rows(pipeline):
        shown.setdefault(row["period"], {})[row["region"]] = row["revenue"]
    return shown


def _check_records(pipeline: Any) -> None:
    for name, text in texts(pipeline.world.uploads).items():
        record = pipeline.record(name)
        assert record.status == ("rejected" if accepted_rows(text) is None else "processed")
        assert record.etag == pipeline.world.version(name).etag
    for found in pipeline.another().records.known():
        record = pipeline.record(found.name)
        assert found.name in pipeline.world.uploads or record.status == "deleted"
        assert record.committed == record.generation
        assert record.stale == ()


def _outputs(pipeline: Any) -> Iterator[tuple[tuple[str, str], int]]:
    """The documents that should be there, and the generation that made each."""
    for name, text in texts(pipeline.world.uploads).items():
        generation = pipeline.record(name).generation
        if accepted_rows(text) is not None:
            yield ("processed", processed_name(name)), generation
        if has_rejects(text):
            yield ("rejected", rejected_name(name)), generation


def _nodes(world: Any) -> set[str]:
    return {name for name in world.partials if "/tree/" in name}


def _pages(world: Any) -> set[tuple[str, str]]:
    return {key for key, (document, _) in world.reports.items() if "pageOf" in json.loads(document)}


def _all_pages(world: Any) -> list[dict[str, Any]]:
    return [json.loads(world.reports[key][0]) for key in _pages(world)]


def _nodes_in_use(world: Any) -> Iterator[str]:
    """The nodes that can be reached from a report document."""
    for document in _heads(world):
        left = [document["tree"]] if document["tree"] else []
        while left:
            node = left.pop()
            name = node_name(document["pk"], document["period"], node)
            yield name
            if node.startswith(INNER):
                left += pl.read_parquet(io.BytesIO(world.partials[name])).unique(KEY)[REF].to_list()


def _pages_in_use(world: Any) -> Iterator[tuple[str, str]]:
    """The pages of the editions that report documents name."""
    for document in _heads(world):
        for number, _ in enumerate(document["pages"] or ()):
            yield document["pk"], f"{document['period']}_{document['edition']}_{number}"


def _pages_of_the_past(world: Any) -> Iterator[tuple[str, str]]:
    """Pages that no later version of a report will remove.

    Left out are those of a refresh that was too late, and of the time before the database was emptied.
    """
    versions = {(head["pk"], head["period"]): head["version"] for head in _heads(world)}
    for key in _pages(world):
        page = json.loads(world.reports[key][0])
        if page["version"] < versions.get((page["pk"], page["pageOf"]), 0):
            yield key


def _heads(world: Any) -> list[dict[str, Any]]:
    documents = [json.loads(document) for document, _ in world.reports.values()]
    return [document for document in documents if "pageOf" not in document]
