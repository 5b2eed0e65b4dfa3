"""From an upload to its outputs, in this order:

`service` (claim … commit) → `process` (one version of a file) → `upload` (its bytes) → `text` (decoded) → `table` with
`header` → `rows` and `records` (blocks of rows) → `checks` (with `values`, `types`, `iso`, `formats`, `unique`) or
`inference` → `documents` (processed, rejected).
"""
