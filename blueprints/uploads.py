"""POST /api/uploads: an address to upload a file to."""

from typing import Any

import azure.functions as func

from shared.api.answers import answers, created
from shared.api.call import Call
from shared.api.contract.uploads import CREATE_UPLOAD
from shared.app import app
from shared.errors import BadRequest, Mistake

blueprint = func.Blueprint()


@blueprint.route(CREATE_UPLOAD.route, methods=[CREATE_UPLOAD.method])
@answers(CREATE_UPLOAD)
def create_upload(call: Call) -> func.HttpResponse:
    """An address to upload one file to."""
    return created(app().upload_addresses.address_for(_name(call.json())).shown())


def _name(wanted: Any) -> str:
    """The name in the body. Raises BadRequest with every mistake."""
    from shared.ingest.upload_address import why_no_name

    if not isinstance(wanted, dict):
        raise BadRequest('The body must be an object such as {"name": "sales/2026-11-20.csv"}.')
    mistakes = [
        Mistake(str(field), "is no field of this request. It takes name") for field in wanted if field != "name"
    ]
    match wanted.get("name"):
        case str(name):
            mistakes += [Mistake("name", why)] if (why := why_no_name(name)) else []
        case None:
            mistakes.append(Mistake("name", "is missing. Give one like sales/2026-11-20.csv"))
        case _:
            mistakes.append(Mistake("name", "must be text"))
    if mistakes:
        raise BadRequest.because(mistakes)
    return str(wanted["name"])
