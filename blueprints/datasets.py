"""GET /api/datasets: the definitions, as understood."""

import azure.functions as func

from shared.app import app
from shared.definitions.describe import describe
from shared.errors import NotFound
from shared.http import answers, check_parameters, page, resource

blueprint = func.Blueprint()

DATASETS = "datasets"


@blueprint.route(DATASETS, methods=["GET"])
@answers
def list_datasets(req: func.HttpRequest) -> func.HttpResponse:
    """Every dataset that has a definition."""
    check_parameters(req)
    definitions = app().definitions
    return page(req, DATASETS, [describe(dataset, definitions) for dataset in definitions.datasets])


@blueprint.route("datasets/{name}", methods=["GET"])
@answers
def get_dataset(req: func.HttpRequest) -> func.HttpResponse:
    """One dataset."""
    check_parameters(req)
    name = req.route_params["name"]
    dataset = app().definitions.dataset(name)
    if dataset is None:
        raise NotFound(f"There is no definition of a dataset '{name}'. GET /api/datasets lists those there are.")
    return resource(req, describe(dataset, app().definitions))
