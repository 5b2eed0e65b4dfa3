"""One route, one answer."""

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.route("constant", methods=["GET"])
def constant(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001 - the runtime binds it by its name
    """The same for everybody."""
    return func.HttpResponse('{"value":[]}', mimetype="application/json")
