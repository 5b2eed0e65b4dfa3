"""What an SDK's error says, in one line for a person: in logs, file records and `/api/ready`."""

from __future__ import annotations

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

LONGEST = 300  # characters; the services add ids and whole requests to what they have to say


def reason(error: AzureError) -> str:
    """Why it failed: the first line of the SDK's message, without the names of its classes."""
    lines = str(getattr(error, "message", None) or error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return f"no answer ({text.rpartition(': ')[2]})"[:LONGEST]
    return text[:LONGEST]
