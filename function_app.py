"""The function app: its blueprints, one for each way in."""

import azure.functions as func

from blueprints import (
    datasets,
    docs,
    files,
    health,
    ingest,
    poison,
    reconcile,
    refresh,
    rejected,
    reports,
    reprocess,
    sweep,
    uploads,
    validate,
    web,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
TRIGGERS = (ingest, poison, reprocess, refresh, reconcile, sweep)
ROUTES = (reports, files, rejected, uploads, validate, datasets, health, web, docs)
for module in (*TRIGGERS, *ROUTES):
    app.register_blueprint(module.blueprint)
