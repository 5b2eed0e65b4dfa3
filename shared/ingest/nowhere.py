"""Outputs that nobody wants to keep: of a file that is only checked."""

from __future__ import annotations

from shared.ingest.upload import Draft


class Nowhere:
    """Takes all that ingest makes, and keeps nothing."""

    def draft(self, container: str, name: str, content_type: str, head_size: int = 0) -> Draft:  # noqa: ARG002
        """A document that goes nowhere."""
        return _NoDraft()

    def withdraw(self, container: str, name: str) -> None:
        """Nothing was ever published."""

    def put_partial(self, name: str, data: bytes) -> None:
        """Dropped."""


class _NoDraft:
    def write(self, data: bytes) -> None:
        """Dropped."""

    def publish(self, head: bytes) -> None:
        """Dropped."""
