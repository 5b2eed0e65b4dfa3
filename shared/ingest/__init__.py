"""From an upload to its outputs, in this order:

`service` (claim … commit) → `process` (one version of a file) → `upload` (its bytes) → `compression` → `text` (as
UTF-8) → `table` with `header` → `blocks` (of `rows`, the `regular` ones fast, the `damaged` ones exactly, by `records`)
→ `checks` (with `values`, `types`, `iso`, `formats`, `unique`, `rejects`) or `inference` → `tally`, `documents`
(processed, rejected) and `shares`. `ahead` makes these stages overlap.
"""
