"""`duckdb_copy.py CSV JSON`: DuckDB, which streams and uses all cores."""

import sys

import duckdb

source, target = (name.replace("'", "''") for name in sys.argv[1:])
duckdb.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (FORMAT json)")
