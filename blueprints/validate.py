"""POST /api/validate: what would become of a file."""

import azure.functions as func

from shared.api.answers import answers, computed
from shared.api.call import Call
from shared.api.contract.validate import DATASET, NAME, VALIDATE
from shared.app import app

blueprint = func.Blueprint()


@blueprint.route(VALIDATE.route, methods=[VALIDATE.method])
@answers(VALIDATE)
def validate(call: Call) -> func.HttpResponse:
    """Check a file that is not uploaded."""
    return computed(app().validate.validate(call.body(), call[DATASET], call[NAME]).shown())
