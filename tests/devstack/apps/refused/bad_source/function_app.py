import azure.functions as func

app = func.FunctionApp()


@app.blob_trigger(arg_name="stream", path="in/{name}", connection="Storage", source="%SOURCE%")
def on_blob(stream: func.InputStream) -> None:
    pass
