"""GET /api/datasets: the definitions, as understood."""

import azure.functions as func

from shared.api.answers import answers, page, resource
from shared.api.call import Call
from shared.api.contract.datasets import GET_DATASET, LIST_DATASETS, NAME
from shared.app import app
from shared.errors import NotFound

blueprint = func.Blueprint()


@blueprint.route(LIST_DATASETS.route, methods=[LIST_DATASETS.method])
@answers(LIST_DATASETS)
def list_datasets(call: Call) -> func.HttpResponse:
    """Every dataset that has a definition."""
    from shared.definitions.describe import describe

    definitions = app().definitions
    return page(call, [describe(dataset, definitions) for dataset in definitions.datasets])


@blueprint.route(GET_DATASET.route, methods=[GET_DATASET.method])
@answers(GET_DATASET)
def get_dataset(call: Call) -> func.HttpResponse:
    """One dataset."""
    from shared.definitions.describe import describe

    dataset = app().definitions.dataset(call[NAME])
    if dataset is None:
        raise NotFound(f"There is no definition of a dataset '{call[NAME]}'. GET /api/datasets lists those there are.")
    return resource(call, describe(dataset, app().definitions))
