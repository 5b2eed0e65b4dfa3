import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="q", connection="NotThere")
def on_message(message: func.QueueMessage) -> None:
    pass
