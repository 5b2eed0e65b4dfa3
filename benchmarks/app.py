"""The app's own ingest in this process, where `devstack check` is not what is to be measured.

    small FILE DIR      process a file again and again; prints the median, in milliseconds
    upload FILE STORAGE put a file into `uploads`
    blob STORAGE        process that upload into `processed`; prints rows, records and rejected

STORAGE is a connection string.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.measure import ROOT
from devstack.files import FileOutputs, FileUpload
from devstack.resources import create_blob_containers
from shared import clock
from shared.configuration import definitions_in
from shared.definitions.catalog import Definitions
from shared.ingest.outcome import Outcome
from shared.ingest.process import Job, process
from shared.ingest.upload import Outputs, Upload
from shared.names import UPLOADS
from shared.settings import StorageSettings
from shared.stores.blobs import Blobs, connect

DEFINITIONS = ROOT / "benchmarks" / "orders.toml"
NAME = "orders/orders.csv"
WARM_UP, TIMES = 20, 100
NO_LIMIT = sys.maxsize


def small(file: str, folder: str) -> None:
    """The time of one file among many, once everything is loaded."""
    definitions = definitions_in(str(DEFINITIONS))
    upload = FileUpload(Path(file), NAME)
    milliseconds = []
    for _ in range(WARM_UP + TIMES):
        start = time.perf_counter()
        with FileOutputs(Path(folder)) as outputs:
            _process(upload, outputs, definitions)
        milliseconds.append((time.perf_counter() - start) * 1000)
    print(median(milliseconds[WARM_UP:]))


def upload(file: str, storage: str) -> None:
    """An upload as users make it."""
    with connect(StorageSettings(storage)) as service, Path(file).open("rb") as data:
        create_blob_containers(service)
        service.get_blob_client(UPLOADS, NAME).upload_blob(data, overwrite=True)


def blob(storage: str) -> None:
    """One upload through the blob adapter, as the app ingests it."""
    with connect(StorageSettings(storage)) as service:
        store = Blobs(service)
        outcome = _process(store.upload(NAME), store.outputs(clock.now_ms()), definitions_in(str(DEFINITIONS)))
    print(outcome.rows, outcome.records, outcome.rejected)


def _process(upload: Upload, outputs: Outputs, definitions: Definitions) -> Outcome:
    version = upload.version()
    assert version is not None, f"{upload.name} is not there"
    dataset = definitions.dataset_of(upload.name)
    job = Job(upload, version, dataset, definitions.reports_of(dataset), clock.now_ms(), NO_LIMIT)
    outcome = process(job, outputs)
    assert not outcome.refused, outcome.first_error
    return outcome


COMMANDS: dict[str, Callable[..., None]] = {"small": small, "upload": upload, "blob": blob}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
