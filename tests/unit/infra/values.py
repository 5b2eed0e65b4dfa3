"""Values that only Azure knows."""

from __future__ import annotations

from typing import Any


class Unknown(str):
    """A value that comes from Azure, as the text of where it comes from."""

    __slots__ = ()


class Reference(Unknown):
    """A resource, as its id. What is read of it is noted, to be compared with the schema."""

    id: str
    type: str
    path: str
    body: dict[str, Any]
    reads: set[tuple[str, str]]

    def __new__(
        cls, id_: str, type_: str, body: dict[str, Any], reads: set[tuple[str, str]], path: str = ""
    ) -> Reference:
        self = super().__new__(cls, f"{id_}.{path}" if path else id_)
        self.id, self.type, self.body, self.reads, self.path = id_, type_, body, reads, path
        return self

    def member(self, name: str) -> Any:
        """A property: its value where the template gives one."""
        path = f"{self.path}.{name}" if self.path else name
        self.reads.add((self.type, path))
        if path == "id":
            return Unknown(self.id)
        if path == "name":
            return self.body["name"]
        return Reference(self.id, self.type, self.body, self.reads, path)
