"""Stands in for the app: answers what `up` asks, without doing the work."""

import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

FILES = [
    {
        "id": "shop-a-1",
        "name": "shop/a.csv",
        "status": "processed",
        "rows": 3,
        "records": 2,
        "rejected": 1,
        "stale": [],
        "traceId": "0af7651916cd43dd8448eb211c80319c",
    }
]
REPORTS = [{"name": "sales", "dataset": "shop", "newestPeriod": "2026-11", "rows": 2}]


@app.route(route="files")
def files(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({"value": FILES}), mimetype="application/json")


@app.route(route="reports")
def reports(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({"value": REPORTS}), mimetype="application/json")
