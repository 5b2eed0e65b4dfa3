"""The one error the local stack shows to its user."""


class StackError(Exception):
    """Ends a command with a line that says what is wrong, where, and what to do."""
