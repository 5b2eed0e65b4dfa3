"""The function app: its blueprints, one for each way in."""

import azure.functions as func

from blueprints import (
    datasets,
    files,
    health,
    ingest,
    poison,
    reconcile,
    refresh,
    reports,
    reprocess,
    sweep,
    uploads,
    web,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for module in (ingest, poison, reprocess, refresh, reconcile, sweep, reports, files, uploads, datasets, health, web):
    app.register_blueprint(module.blueprint)
