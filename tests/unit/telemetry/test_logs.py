"""Logs: every line belongs to an invocation and a file, and none has values of the data in it."""

import logging
from typing import Any

from shared.telemetry.tracing import invocation

HEAD = "day,region,amount"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_what_became_of_a_file_is_one_line_with_its_trace_invocation_and_file(
    pipeline: Any, told: Any, context: Any
) -> None:
    with invocation("ingest", context, "datasource"):
        record = pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1"))
    (line,) = [log.log_record for log in told.logs]
    assert line.body == f"{record.id} is processed: 1 rows, 1 records, 0 rejected"
    assert format(line.trace_id, "032x") == TRACE
    attributes = dict(line.attributes)
    assert (attributes["faas.invocation_id"], attributes["pipeline.file.id"]) == ("d8f7", record.id)
    assert (attributes["pipeline.status"], attributes["pipeline.rows"]) == ("processed", 1)


def test_lines_outside_an_invocation_belong_to_none(told: Any) -> None:
    logging.getLogger("shared.anything").info("Something is so")
    (line,) = [log.log_record for log in told.logs]
    assert set(line.attributes) == set()


def test_no_line_has_a_value_of_the_data(pipeline: Any, told: Any, context: Any) -> None:
    with invocation("ingest", context, "datasource"):
        pipeline.ingest(pipeline.upload("sales/a.csv", HEAD, "2026-11-16,north,1", "2026-11-16,north,SECRET"))
        pipeline.ingest(pipeline.upload("sales/b.csv", HEAD, *["2026-11-16,SECRET,SECRET"] * 3))
        pipeline.refresh()
    told_all = [str((log.log_record.body, dict(log.log_record.attributes))) for log in told.logs]
    told_all += [str((dict(span.attributes), span.status.description, span.events)) for span in told.spans]
    assert len(told_all) > 5
    assert [line for line in told_all if "SECRET" in line] == []
