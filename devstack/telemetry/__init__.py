"""Where the local stack's telemetry goes: an OTLP receiver that keeps the last traces, and pages that show them."""
