"""`textbook.py CSV JSON`: the function that tutorials show. All rows at once, every value a text."""

import csv
import json
import sys
from pathlib import Path

source, target = map(Path, sys.argv[1:])
with source.open(newline="", encoding="utf-8") as file:
    records = list(csv.DictReader(file))
document = {"record_count": len(records), "records": records, "source": source.name}
target.write_text(json.dumps(document), encoding="utf-8")
