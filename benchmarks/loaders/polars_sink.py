"""`polars_sink.py CSV JSON`: polars, which streams and uses all cores."""

import sys

import polars as pl

source, target = sys.argv[1:]
pl.scan_csv(source, glob=False).sink_ndjson(target)
