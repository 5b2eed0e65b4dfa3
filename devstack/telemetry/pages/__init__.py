"""The pages that show telemetry: made here, without a script, so that a policy can forbid all of those."""
