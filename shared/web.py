"""The files of `web/` as HTTP serves them: read once, packed once, with ETags; and what a page may load."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from shared.settings import StorageSettings

FOLDER = Path(__file__).parent.parent / "web"
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
VENDORED = "vendor/"  # the version is part of these names, so that what a name stands for never changes
WORTH_PACKING = 1_000  # bytes


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, plain and packed. Each of the two has an ETag of its own, as strong ones must."""

    media_type: str
    caching: str
    plain: bytes
    packed: bytes | None
    tag: str

    def content(self, *, packed: bool) -> tuple[bytes, dict[str, str]]:
        """The body and the headers that belong to it."""
        headers = {"ETag": f'"{self.tag}"', "Cache-Control": self.caching, "Vary": "Accept-Encoding"}
        if packed and self.packed is not None:
            return self.packed, headers | {"ETag": f'"{self.tag}-gzip"', "Content-Encoding": "gzip"}
        return self.plain, headers


@cache
def files(folder: Path = FOLDER) -> Mapping[str, StaticFile]:
    """Every file that is served, by its path below the folder. A name that is not in here is never looked for."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    return {path.relative_to(folder).as_posix(): _read(path, folder) for path in paths}


def _read(path: Path, folder: Path) -> StaticFile:
    data = path.read_bytes()
    packed = gzip.compress(data, mtime=0) if len(data) >= WORTH_PACKING else data
    vendored = path.relative_to(folder).as_posix().startswith(VENDORED)
    return StaticFile(
        media_type=TYPES[path.suffix],
        caching="public, max-age=31536000, immutable" if vendored else "no-cache",
        plain=data,
        packed=packed if len(packed) < len(data) else None,
        tag=hashlib.sha256(data).hexdigest()[:32],
    )


def content_security_policy(*connect_to: str, writes_html: bool = False) -> str:
    """What a page of the app may do: its own files, its own API, and the origins it uploads to. Nothing inline."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": " ".join(["'self'", *connect_to]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    if not writes_html:  # so text of a CSV cannot become HTML even by mistake
        rules |= {"require-trusted-types-for": "'script'", "trusted-types": "'none'"}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def blob_origin(storage: StorageSettings) -> str:
    """The origin of the blob service that the settings name, which uploads go to."""
    parts = dict(part.partition("=")[::2] for part in (storage.connection_string or "").split(";"))
    address = storage.blob_endpoint or parts.get("BlobEndpoint")
    if not address and parts.get("UseDevelopmentStorage", "").lower() == "true":
        address = "http://127.0.0.1:10000"
    if not address:
        suffix = parts.get("EndpointSuffix", "core.windows.net")
        address = f"{parts.get('DefaultEndpointsProtocol', 'https')}://{parts.get('AccountName', '')}.blob.{suffix}"
    found = urlsplit(address)
    return f"{found.scheme}://{found.netloc}"
