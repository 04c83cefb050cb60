"""HTML answers, and the files that they load: all from this server."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

from api.deps import StrictRoute, matches
from domain.errors import NotFound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
SECURITY = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", **NO_SNIFFING}
"""Of every HTML answer: a page loads nothing from elsewhere, is framed by nobody and tells nobody where one was."""

DOCS = Path(__file__).parent / "static" / "docs"
FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "start.js": "text/javascript"}

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/docs")
async def docs() -> Response:
    """The API's documentation, which works without a network."""
    return Response(content_of("index.html")[0], headers=SECURITY, media_type="text/html")


@router.get("/docs/{name}")
async def docs_file(request: Request, name: str) -> Response:
    """What the page loads."""
    if name not in FILES:
        raise NotFound(f"there is no file {name} here: /docs is the page")
    content, etag = content_of(name)
    headers = {"ETag": etag, "Cache-Control": "no-cache", **NO_SNIFFING}
    if matches(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=FILES[name])


@cache
def content_of(name: str) -> tuple[bytes, str]:
    """A file of the page, and its ETag."""
    content = (DOCS / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:32]}"'
