"""Cosmos DB goes away and comes back empty: what is answered meanwhile, and that nothing is lost."""

import pytest

from devstack.ports import Ports
from devstack.stack import Stack


@pytest.fixture(scope="module")
def without_cosmos(tmp_path_factory, root, pipeline_of):
    """A pipeline of its own that has ingested one file before its Cosmos DB went away."""
    state = tmp_path_factory.mktemp("outage")
    schedules = {"REFRESH_SCHEDULE": "* * * * * *", "RECONCILE_SCHEDULE": "* * * * * *"}
    with Stack(root, state, Ports.free(), keys=state / "keys.json", env=schedules) as stack:
        stack.start()
        pipeline = pipeline_of(stack)
        pipeline.ingest("outage/before.csv", b"item,amount\nx,1\n")
        assert pipeline.report("outage")["rows"] == 1
        stack.kill_cosmos()
        yield pipeline


def test_ready_names_what_it_cannot_reach(without_cosmos):
    answer = without_cosmos.get("ready")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Cannot reach: Cosmos DB."


def test_health_does_not_depend_on_it(without_cosmos):
    assert without_cosmos.get("health").status_code == 200


def test_questions_are_answered_with_a_problem_that_tells_no_details(without_cosmos):
    answer = without_cosmos.get("reports/outage/all")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["code"] == "unavailable"
    assert "127.0.0.1" not in answer.text


def test_afterwards_everything_is_there_again_uploads_made_meanwhile_too(without_cosmos):
    without_cosmos.upload("outage/meanwhile.csv", b"item,amount\ny,10\n")
    without_cosmos.stack.start_cosmos()
    without_cosmos.stack.create_resources()
    for name in ("outage/before.csv", "outage/meanwhile.csv"):
        without_cosmos.appeared(name)
    report = without_cosmos.report("outage")
    assert (report["rows"], report["files"], report["totals"]["amount_sum"]) == (2, 2, 11)
