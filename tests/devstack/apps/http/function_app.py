"""HTTP functions of every kind the host's tests call."""

import asyncio
import json
import logging
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="echo/{name?}")
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
        "trace_parent": context.trace_context.trace_parent,
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@app.route(route="items/{id:int}", methods=["GET"])
def item_by_number(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"number {req.route_params['id']}")


@app.route(route="items/{id}", methods=["GET"])
def item_by_name(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"name {req.route_params['id']}")


@app.route(route="items/latest", methods=["GET", "HEAD"])
def item_latest(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("latest")


@app.route(route="answer/{status:int}")
def answer(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"ETag": '"1"', "X-Some": "thing", "Set-Cookie": "a=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"}
    return func.HttpResponse("body", status_code=int(req.route_params["status"]), headers=headers)


@app.route(route="fail")
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("this one always fails")


@app.route(route="exit")
def leave(req: func.HttpRequest) -> func.HttpResponse:
    raise SystemExit(3)


@app.route(route="slow-sync")
def slow_sync(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(2)
    return func.HttpResponse("too late")


@app.route(route="slow-async")
async def slow_async(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(30)
    return func.HttpResponse("too late")


@app.route(route="log")
async def log(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("an async function says %s", req.params["text"])
    logging.debug("nobody sees this")
    return func.HttpResponse("logged")


@app.route(route="for-function", auth_level=func.AuthLevel.FUNCTION)
def for_function(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("function level")


@app.route(route="for-admin", auth_level=func.AuthLevel.ADMIN)
def for_admin(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("admin level")
