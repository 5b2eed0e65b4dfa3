"""GET /api/files/{id}/rejected: the rows of a file that were refused."""

import azure.functions as func

from shared.api.answers import answers
from shared.api.call import Call
from shared.api.contract.files import REJECTED_ROWS
from shared.app import app

blueprint = func.Blueprint()


@blueprint.route(REJECTED_ROWS.route, methods=[REJECTED_ROWS.method])
@answers(REJECTED_ROWS)
def rejected_rows(call: Call) -> func.HttpResponse:
    """The rejected rows of a file as they were, each with what is wrong."""
    from shared.api import rejected

    return rejected.rows(call, app().rejected)
