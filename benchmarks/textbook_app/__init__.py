"""The function app that tutorials show: what the app's throughput is measured against."""
