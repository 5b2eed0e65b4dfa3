"""OpenTelemetry: what the app does, told in spans, metrics and logs. `docs/telemetry.md` names them all.

Where no exporter is set, nothing of OpenTelemetry is imported and a span costs next to nothing.
"""
