"""`pandas_to_json.py CSV JSON`: pandas, as most would write it."""

import sys

import pandas as pd

source, target = sys.argv[1:]
pd.read_csv(source).to_json(target, orient="records")
