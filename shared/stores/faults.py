"""What an SDK's error says, in one line for a person: in logs, file records and `/api/ready`."""

from __future__ import annotations

import re

from azure.core.exceptions import AzureError, ServiceRequestError, ServiceResponseError

LONGEST = 300  # characters; the services add ids and whole requests to what they have to say


def reason(error: AzureError) -> str:
    """Why it failed: the first line of the SDK's message, without the names of its classes."""
    lines = str(getattr(error, "message", None) or error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return f"no answer ({_cause(text)})"[:LONGEST]
    return text[:LONGEST]


def _cause(text: str) -> str:
    """What happened to the connection, out of what HTTP libraries have wrapped around it."""
    if broken := re.search(r"IncompleteRead\((\d+) bytes read", text):
        return f"it broke off after {broken[1]} bytes"
    if "Connection aborted" in text or "Connection broken" in text:
        return str(re.findall(r"'([^']+)'", text)[-1])
    return text.rpartition(": ")[2]
