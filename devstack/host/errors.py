"""The one error the host shows to its user."""


class HostError(Exception):
    """Ends start-up (or fails one invocation) with a line that says what is wrong, where, and what to do."""
