import azure.functions as func

app = func.FunctionApp()


@app.event_hub_message_trigger(arg_name="event", event_hub_name="hub", connection="Hub")
def on_event(event: func.EventHubEvent) -> None:
    pass
