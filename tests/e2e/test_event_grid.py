"""The app as it is triggered on Azure: by Event Grid events instead of polling."""

import pytest

from devstack.ports import Ports
from devstack.stack import Stack


@pytest.fixture(scope="module")
def with_event_grid(tmp_path_factory, root, pipeline_of):
    """A pipeline of its own whose blob trigger takes events. The host posts them to itself, as Event Grid would."""
    state = tmp_path_factory.mktemp("event-grid")
    settings = {
        "BLOB_TRIGGER_SOURCE": "EventGrid",
        "REFRESH_SCHEDULE": "* * * * * *",
        "RECONCILE_SCHEDULE": "0 0 0 1 1 *",
    }
    with Stack(root, state, Ports.free(), keys=state / "keys.json", env=settings) as stack:
        stack.start()
        yield pipeline_of(stack)


def test_an_event_leads_to_a_record_and_a_report(with_event_grid):
    record = with_event_grid.ingest("events/a b#1.csv", b"item,amount\nx,1\n")
    assert record["status"] == "processed"
    assert with_event_grid.report("events")["totals"]["amount_sum"] == 1


def test_a_new_version_is_announced_by_an_event_of_its_own(with_event_grid):
    with_event_grid.ingest("events/b.csv", b"item,amount\nx,10\n")
    with_event_grid.ingest("events/b.csv", b"item,amount\nx,20\n")
    assert with_event_grid.report("events")["totals"]["amount_max"] == 20
