"""The app as it is, but for its patience: work that a killed host has left is taken up after seconds."""

import datetime as dt
import importlib.util
from pathlib import Path

from shared import configuration
from shared.ingest import reconcile
from shared.reports import sweep

PATIENCE = {
    (reconcile, "GRACE"): dt.timedelta(seconds=3),
    (reconcile, "ABANDONED"): dt.timedelta(seconds=20),
    (sweep, "YOUNG"): dt.timedelta(seconds=60),  # longer than any work under faults, for no worker is ever suspended
}
for (module, name), patience in PATIENCE.items():
    if not hasattr(module, name):
        raise AttributeError(f"{module.__name__} has no {name} any more: mend tests/chaos/function_app.py")
    setattr(module, name, patience)

spec = importlib.util.spec_from_file_location("the_app", Path(configuration.ROOT) / "function_app.py")
assert spec
assert spec.loader
the_app = importlib.util.module_from_spec(spec)
spec.loader.exec_module(the_app)
app = the_app.app
