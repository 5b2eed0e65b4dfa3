import azure.functions as func

app = func.FunctionApp()


@app.route(route="items/{id:lenght(3)}")
def item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("")
