"""What happens when things break: the host dies, storage refuses, events come twice."""

import pytest


@pytest.fixture
def unwritable(pipeline, folder):
    """The name of an upload whose processed document cannot be written: somebody holds a lease on it."""
    client = pipeline.blobs.get_blob_client("processed", f"{folder}/stuck.json")
    client.upload_blob(b"{}")
    lease = client.acquire_lease()
    yield f"{folder}/stuck.csv"
    lease.release()


def test_a_host_that_is_killed_in_mid_work_loses_and_doubles_nothing(pipeline, folder):
    lines = b"".join(b'%d,"item %d",%d\n' % (n, n, n) for n in range(150_000))  # seconds of work
    etags = {f"{folder}/{n}.csv": pipeline.upload(f"{folder}/{n}.csv", b"id,item,amount\n" + lines) for n in range(3)}
    pipeline.in_work(folder)
    pipeline.stack.kill_host()
    pipeline.stack.start_host()
    for name, etag in etags.items():
        assert pipeline.settled(name, etag)["status"] == "processed"
    report = pipeline.report(folder)
    assert (report["files"], report["rows"]) == (3, 450_000)
    assert report["totals"]["amount_sum"] == 3 * sum(range(150_000))


def test_a_fault_that_lasts_ends_in_a_failed_record(pipeline, unwritable):
    record = pipeline.ingest(unwritable, b"item,amount\nx,1\n")
    assert record["status"] == "failed"
    assert record["attempts"] == 5
    assert record["firstError"]["code"] == "unavailable"
    assert "LeaseIdMissing" in record["firstError"]["message"]
    assert record["committed"] == 0
