"""The least that a function app can do: what the throughput of the app's routes is measured against."""
