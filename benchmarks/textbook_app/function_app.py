"""A blob arrives in `uploads`: write its rows as JSON to `processed`. No checks, no records, no reports, no retries."""

import csv
import io
import json
import os
from pathlib import PurePath

import azure.functions as func
from azure.storage.blob import BlobServiceClient

app = func.FunctionApp()
storage = BlobServiceClient.from_connection_string(os.environ["Storage"])  # noqa: SIM112 - the app's own name for it
processed = storage.get_container_client("processed")


@app.function_name("convert")
@app.blob_trigger(arg_name="upload", path="uploads/{name}", connection="Storage")
def convert(upload: func.InputStream) -> None:
    """All rows at once, every value a text."""
    name = PurePath(str(upload.name)).relative_to("uploads")
    records = list(csv.DictReader(io.StringIO(upload.read().decode(), newline="")))
    document = {"record_count": len(records), "records": records, "source": str(upload.name)}
    processed.upload_blob(str(name.with_suffix(".json")), json.dumps(document), overwrite=True)
