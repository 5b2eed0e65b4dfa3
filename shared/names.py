"""Names that are made from an upload's name: record ids, and the blobs of every output."""

from __future__ import annotations

import hashlib
import re

UPLOADS = "uploads"
PROCESSED = "processed"
REJECTED = "rejected"
PARTIALS = "partials"

MAX_NAME = 900  # characters; the names of outputs are longer, and Blob Storage takes 1,024
EXTENSIONS = tuple(kind + packing for packing in ("", ".gz", ".zst") for kind in (".csv", ".tsv", ".txt"))

READABLE = 60  # characters of the file name that are kept in its id, for people


def file_id(file_name: str) -> str:
    """The id of a file's record: readable, unique, and safe in URLs, blob names and Cosmos DB.

    >>> file_id("sales/2026-11-20.csv")
    'sales-2026-11-20-csv-0f7c3ba11584f629'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", file_name).strip("-")[:READABLE].strip("-")
    digest = hashlib.sha256(file_name.encode()).hexdigest()[:16]
    return f"{readable}-{digest}" if readable else digest


def processed_name(file_name: str) -> str:
    """The blob in `processed` that holds a file's records. Two uploads never share one.

    >>> processed_name("a/b.csv"), processed_name("a/b.tsv"), processed_name("a/b.tsv.csv")
    ('a/b.json', 'a/b.tsv.json', 'a/b.tsv.csv.json')
    >>> processed_name("a/b.csv.gz")
    'a/b.csv.gz.json'
    """
    return f"{_output_stem(file_name)}.json"


def rejected_name(file_name: str) -> str:
    """The blob in `rejected` that holds a file's rejects. Two uploads never share one."""
    return f"{_output_stem(file_name)}.csv"


def is_supported(file_name: str) -> bool:
    """Whether a file of this name can be a CSV file at all, compressed or not."""
    return file_name.lower().endswith(EXTENSIONS)


def _output_stem(file_name: str) -> str:
    """The name of a file's outputs, but for their extension. No two uploads have the same."""
    if not is_supported(file_name):
        return f"{file_name}.csv"  # it has no outputs, but taking them away must not hit those of `b.csv` for `b`
    stem = file_name.removesuffix(".csv")
    return file_name if is_supported(stem) else stem  # `b.tsv.csv` keeps its extension: `b.tsv` is the stem of `b.tsv`


def partial_name(report: str, period: str, record_id: str, generation: int) -> str:
    """The blob in `partials` with the share that one generation of a file has in a (report, period)."""
    return f"{report}/{period}/{record_id}.{generation}.parquet"


def node_name(report: str, period: str, node: str) -> str:
    """The blob in `partials` with a node of the tree of a (report, period)."""
    return f"{report}/{period}/tree/{node}.parquet"


def pair(report: str, period: str) -> str:
    """A (report, period) as one string, as `shares` and `stale` of a file record hold it."""
    return f"{report}/{period}"


def split_pair(text: str) -> tuple[str, str]:
    """The report and the period of a `pair`."""
    report, _, period = text.rpartition("/")
    return report, period
