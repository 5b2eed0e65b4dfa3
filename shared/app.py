"""The one place that wires the app: settings and definitions to the adapters, and those to the work.

Every part is made on first use, with the heavy imports it needs (polars, the Azure SDKs), so that indexing pays for
none and a cold HTTP request only for its own. A part that could not be made (Cosmos DB does not answer) is tried again
next time.
"""

from __future__ import annotations

import threading
from functools import cache, cached_property
from typing import TYPE_CHECKING

from shared import configuration

if TYPE_CHECKING:
    from azure.cosmos import DatabaseProxy
    from azure.storage.blob import BlobClient, BlobServiceClient

    from shared.definitions.catalog import Definitions
    from shared.ingest.file_record import FileRecord
    from shared.ingest.reconcile import Reconcile
    from shared.ingest.rejected_rows import Rejected
    from shared.ingest.requests import FileRequests
    from shared.ingest.service import Ingest
    from shared.ingest.validate import Validate
    from shared.reports.read import ReportReader
    from shared.reports.refresh import Refresh
    from shared.reports.sweep import Sweep
    from shared.settings import Settings
    from shared.stores.blobs import Blobs
    from shared.stores.file_records import FileRecords
    from shared.stores.report_documents import ReportDocuments
    from shared.stores.sas import UploadAddresses


class App:
    """Everything that triggers and routes call."""

    def __init__(self, settings: Settings, definitions: Definitions) -> None:
        self.settings = settings
        self.definitions = definitions

    @cached_property
    def blobs(self) -> Blobs:
        """The containers in Blob Storage."""
        from shared.stores.blobs import Blobs

        return Blobs(self._storage)

    @cached_property
    def _storage(self) -> BlobServiceClient:
        from shared.stores import blobs

        return blobs.connect(self.settings.storage)

    @cached_property
    def _database(self) -> DatabaseProxy:
        from shared.stores import cosmos

        return cosmos.connect(self.settings.cosmos)

    @cached_property
    def files(self) -> FileRecords:
        """The file records in Cosmos DB."""
        from shared.stores.file_records import FileRecords

        return FileRecords(self._database)

    @cached_property
    def reports(self) -> ReportDocuments:
        """The report documents in Cosmos DB."""
        from shared.stores.report_documents import ReportDocuments

        return ReportDocuments(self._database)

    @cached_property
    def ingest(self) -> Ingest:
        """From an upload to its committed record."""
        from shared.ingest.service import Ingest

        return Ingest(self.files, self.blobs, self.definitions, self.settings.max_file_bytes)

    @cached_property
    def file_requests(self) -> FileRequests:
        """What people ask of a file."""
        from shared.ingest.requests import FileRequests

        return FileRequests(self.blobs, self.files, self.ingest)

    @cached_property
    def rejected(self) -> Rejected:
        """Rejected rows for those who ask."""
        from shared.ingest.rejected_rows import Rejected

        return Rejected(self.files, self.blobs)

    @cached_property
    def upload_addresses(self) -> UploadAddresses:
        """Where files may be uploaded to."""
        from shared.stores.sas import UploadAddresses

        return UploadAddresses(self._storage)

    @cached_property
    def validate(self) -> Validate:
        """What would become of a file."""
        from shared.ingest.validate import Validate

        return Validate(self.definitions)

    @cached_property
    def reconcile(self) -> Reconcile:
        """Uploads that no event announced."""
        from shared.ingest.reconcile import Reconcile

        return Reconcile(self.blobs, self.files, self.ingest)

    @cached_property
    def refresh(self) -> Refresh:
        """Stale reports made true."""
        from shared.reports.refresh import Refresh
        from shared.reports.renewal import Renewal

        return Refresh(self.files, Renewal(self.files, self.reports, self.blobs, self.definitions))

    @cached_property
    def sweep(self) -> Sweep:
        """What crashes have left behind, removed."""
        from shared.reports.sweep import Sweep

        return Sweep(self.blobs, self.files, self.reports)

    @cached_property
    def reader(self) -> ReportReader:
        """Reports for those who ask."""
        from shared.reports.read import ReportReader

        # Blob Storage only where states are wanted: most questions cost its SDK no cold start.
        return ReportReader(
            self.reports,
            lambda names: self.blobs.partials(names),  # noqa: PLW0108 - `self.blobs` is not made before it is needed
            self.definitions,
        )

    def ingest_blob(self, client: BlobClient) -> FileRecord | None:
        """Ingest the upload that a trigger names.

        Through the app's own client of it: the trigger's is made anew for every invocation, with credentials and
        connections of its own and the SDK's patience and chunk sizes.
        """
        return self.ingest.ingest(self.blobs.upload(str(client.blob_name)))

    def unreachable(self) -> list[str]:
        """The services that do not answer, by names that tell an attacker nothing."""
        from shared.errors import PlatformError

        missing = []
        try:
            self.blobs.check()
        except PlatformError:
            missing.append("Blob Storage")
        try:
            self.files.get("", "ready")
            self.reports.get("", "ready")
        except PlatformError:
            missing.append("Cosmos DB")
        return missing


_making = threading.Lock()


def app() -> App:
    """The app of this process: one, however many invocations a cold start has at once."""
    with _making:
        return _app()


@cache
def _app() -> App:
    return App(configuration.settings(), configuration.definitions())
