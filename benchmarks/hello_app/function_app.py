"""The app's triggers, bindings and routes with nothing behind them: what a cold start costs before any work."""

import os

import azure.functions as func
from azurefunctions.extensions.bindings import blob

if os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor()

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
ANONYMOUS = func.AuthLevel.ANONYMOUS
SOURCE = func.BlobSource(os.environ["BLOB_TRIGGER_SOURCE"])


@app.function_name("ingest")
@app.blob_trigger(arg_name="upload", path="uploads/{name}", connection="Storage", source=SOURCE)
def ingest(upload: blob.BlobClient) -> None:
    print(upload.blob_name)


@app.function_name("poison")
@app.queue_trigger(arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="Storage")
def poison(message: func.QueueMessage) -> None:
    print(message.id)


@app.function_name("reprocess")
@app.queue_trigger(arg_name="message", queue_name="reprocess", connection="Storage")
def reprocess(message: func.QueueMessage) -> None:
    print(message.id)


@app.function_name("refresh")
@app.timer_trigger(arg_name="timer", schedule="%REFRESH_SCHEDULE%")
def refresh(timer: func.TimerRequest) -> None:
    print(timer.past_due)


@app.function_name("reconcile")
@app.timer_trigger(arg_name="timer", schedule="%RECONCILE_SCHEDULE%")
def reconcile(timer: func.TimerRequest) -> None:
    print(timer.past_due)


@app.function_name("sweep")
@app.timer_trigger(arg_name="timer", schedule="0 30 3 * * *")
def sweep(timer: func.TimerRequest) -> None:
    print(timer.past_due)


@app.route("reports", methods=["GET"])
def list_reports(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("reports/{report}", methods=["GET"])
def report_rows(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("reports/{report}/{period}", methods=["GET"])
def report_period(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("files", methods=["GET"])
def list_files(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("files/{id}", methods=["GET"])
def get_file(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("files/{id}", methods=["DELETE"])
def delete_file(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("files/{id}/reprocess", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="reprocess", connection="Storage")
def reprocess_file(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    message.set("Hello")
    return hello(req)


@app.route("files/{id}/rejected", methods=["GET"])
def rejected_rows(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("uploads", methods=["POST"])
def create_upload(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("validate", methods=["POST"])
def validate(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("datasets", methods=["GET"])
def list_datasets(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("datasets/{name}", methods=["GET"])
def get_dataset(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("health", methods=["GET"], auth_level=ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("ready", methods=["GET"], auth_level=ANONYMOUS)
def ready(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("dashboard", methods=["GET"], auth_level=ANONYMOUS)
def dashboard(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("assets/{*path}", methods=["GET"], auth_level=ANONYMOUS)
def asset(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("openapi.json", methods=["GET"], auth_level=ANONYMOUS)
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


@app.route("docs", methods=["GET"], auth_level=ANONYMOUS)
def docs(req: func.HttpRequest) -> func.HttpResponse:
    return hello(req)


def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"Hello, {req.method}!")
