"""A blob arrives in `uploads`: ingest it."""

import azure.functions as func
from azurefunctions.extensions.bindings import blob

from shared.app import app
from shared.configuration import definitions, settings
from shared.telemetry.tracing import invocation

blueprint = func.Blueprint()

# The source is part of the trigger and no binding expression, so it is read here, at start-up. So are the definitions:
# a mistake in either must stop the app before it takes the first file.
source = func.BlobSource(settings().blob_trigger_source)
definitions()


@blueprint.function_name("ingest")
@blueprint.blob_trigger(arg_name="upload", path="uploads/{name}", connection="Storage", source=source)
def ingest(upload: blob.BlobClient, context: func.Context) -> None:
    """Check every row of the upload, write its outputs, commit its record."""
    with invocation("ingest", context, "datasource"):
        app().ingest_blob(upload)
