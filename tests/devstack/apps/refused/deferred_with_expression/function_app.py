import azure.functions as func
from azurefunctions.extensions.bindings import blob

app = func.FunctionApp()


@app.blob_trigger(arg_name="client", path="in/{name}", connection="Storage")
@app.blob_output(arg_name="copy", path="out/{name}", connection="Storage")
def convert(client: blob.BlobClient, copy: func.Out[str]) -> None:
    pass
