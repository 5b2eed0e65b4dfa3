"""From records to reports: `partials` (a file's share) → `refresh` → `build` → `document` → `read`."""
