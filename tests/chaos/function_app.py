"""The app as it is, but for its patience: work that a killed host has left is taken up after seconds.

Its log tells besides what has begun and ended, so that it is known what a kill has interrupted.
"""

import datetime as dt
import importlib.util
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared import configuration
from shared.ingest import reconcile
from shared.reports import sweep
from shared.telemetry import tracing

PATIENCE = {
    (reconcile, "GRACE"): dt.timedelta(seconds=3),
    (reconcile, "ABANDONED"): dt.timedelta(seconds=20),
    (sweep, "YOUNG"): dt.timedelta(seconds=60),  # longer than any work under faults, for no worker is ever suspended
}
for (module, name), patience in PATIENCE.items():
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__} has no {name} any more: mend tests/chaos/function_app.py")
    setattr(module, name, patience)

whole_invocation = tracing.invocation


@contextmanager
def told_invocation(name: str, *arguments: Any) -> Iterator[tracing.Span]:
    """An invocation with a line in the log at its begin and its end."""
    number = uuid.uuid4().hex
    logging.info("Begun %s %s", name, number)
    try:
        with whole_invocation(name, *arguments) as span:
            yield span
    finally:
        logging.info("Ended %s %s", name, number)


tracing.invocation = told_invocation  # before the blueprints import it

spec = importlib.util.spec_from_file_location("the_app", Path(configuration.ROOT) / "function_app.py")
assert spec
assert spec.loader
the_app = importlib.util.module_from_spec(spec)
spec.loader.exec_module(the_app)
app = the_app.app
