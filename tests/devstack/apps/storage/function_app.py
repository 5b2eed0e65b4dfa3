"""Blob and queue functions that say in the log what they were given."""

import json
import logging
import threading
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.bindings import blob

app = func.FunctionApp()


@app.blob_trigger(arg_name="client", path="watched/{name}", connection="Storage")
def on_blob(client: blob.BlobClient) -> None:
    content = client.download_blob().readall().decode()
    logging.info("blob %s", json.dumps([client.blob_name, content]))
    if content == "bad":
        raise ValueError("bad blob")
    if content == "slow":
        begun = Path("begun")  # in the app's folder
        if not begun.exists():
            begun.touch()
            logging.info("blob in work")
            threading.Event().wait(120)  # only a host that is killed gets out of here
        logging.info("blob worked again")


@app.blob_trigger(arg_name="stream", path="streams/{folder}/{name}.csv", connection="Storage")
def on_stream(stream: func.InputStream) -> None:
    logging.info("stream %s", json.dumps([stream.name, stream.length, stream.read().decode()]))


@app.blob_trigger(arg_name="client", path="announced/{name}", connection="Storage", source="EventGrid")
def on_event(client: blob.BlobClient) -> None:
    logging.info("event %s", json.dumps(client.blob_name))


@app.queue_trigger(arg_name="message", queue_name="webjobs-blobtrigger-poison", connection="Storage")
def on_poison(message: func.QueueMessage) -> None:
    logging.info("poison %s", message.get_body().decode())


@app.queue_trigger(arg_name="message", queue_name="%JOBS_QUEUE%", connection="Storage")
@app.queue_output(arg_name="results", queue_name="%JOBS_QUEUE%-results", connection="Storage")
def on_job(message: func.QueueMessage, results: func.Out[str]) -> None:
    text = message.get_body().decode()
    logging.info("job %s attempt %s", text, message.dequeue_count)
    if text == "bad":
        raise ValueError("bad job")
    if text == "slow" and message.dequeue_count == 1:
        logging.info("job in work")
        threading.Event().wait(120)
    results.set(f"done {text}")
