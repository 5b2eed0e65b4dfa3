"""One function per kind of value that the host hands to the language runtime."""

import json
import logging

import azure.functions as func
from azure_functions_runtime import invocation_id_cv
from azurefunctions.extensions.bindings import blob

app = func.FunctionApp()
calls: list[object] = []


@app.route(route="http/{id?}", methods=["POST"])
def http(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = [
        req.method,
        req.url,
        dict(req.params),
        dict(req.route_params),
        req.get_body().decode(),
        context.invocation_id,
    ]
    return func.HttpResponse(json.dumps([*seen, context.trace_context.trace_parent]), status_code=201)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.retry(
    strategy="exponential_backoff", max_retry_count="3", minimum_interval="00:00:02", maximum_interval="00:01:00"
)
def timer(timer: func.TimerRequest) -> None:
    calls.append(timer.past_due)


@app.blob_trigger(arg_name="client", path="c/{name}", connection="Storage")
def deferred(client: blob.BlobClient) -> None:
    calls.append((client.container_name, client.blob_name))


@app.blob_trigger(arg_name="stream", path="c/{name}", connection="Storage")
def stream(stream: func.InputStream) -> None:
    calls.append((stream.name, stream.length, stream.read()))


@app.queue_trigger(arg_name="message", queue_name="q", connection="Storage")
@app.queue_output(arg_name="out", queue_name="q2", connection="Storage")
async def queue(message: func.QueueMessage, out: func.Out[str]) -> None:
    calls.append((message.get_body(), message.dequeue_count, invocation_id_cv.get()))
    logging.info("seen")
    out.set("more")


@app.route(route="failing")
def failing(req: func.HttpRequest) -> func.HttpResponse:
    raise KeyError("gone")
