"""HTML answers, and the files that they load: all from this server."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gzip import compress
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.answers import matches
from api.deps import StrictRoute
from domain.errors import NotFound

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
SECURITY = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", **NO_SNIFFING}
"""Of every HTML answer: a page loads nothing from elsewhere, is framed by nobody and tells nobody where one was."""

STATIC = Path(__file__).parent / "static"
EXAMPLE = STATIC / "console" / "example.json"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
CONSOLE_PAGES = (
    "/",
    "/profiles",
    "/experiments",
    "/releases",
    "/watch",
    "/audit",
    "/settings",
    "/edit",
    "/history",
    "/signed-in",
)
"""The addresses of the console's pages, which are all made by the one page that is served there."""

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The API's documentation, which works without a network."""
    return served(request, "docs/index.html")


@router.get("/docs/{name}")
async def docs_file(request: Request, name: str) -> Response:
    """What the page loads."""
    return served(request, f"docs/{name}")


async def console(request: Request) -> Response:
    """The console: what it does, it does by the API. What it shows stands in the address, for it alone to read."""
    return served(request, "console/index.html")


@router.get("/console/{name:path}")
async def console_file(request: Request, name: str) -> Response:
    """What the console loads."""
    return served(request, f"console/{name}")


for address in CONSOLE_PAGES:
    router.routes.append(APIRoute(address, console, include_in_schema=False))


@dataclass(frozen=True, slots=True)
class Page:
    """A file that pages are made of: as it is, packed, and its ETag."""

    media_type: str
    plain: bytes
    packed: bytes
    etag: str


def served(request: Request, name: str) -> Response:
    """A file, or 304. Raises NotFound for what is none of them."""
    found = files().get(name)
    if found is None:
        raise NotFound(f"there is no file {name[:200]} here: / is the console, /docs the API")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **NO_SNIFFING}
    if found.media_type == TYPES[".html"]:
        headers |= SECURITY
    if matches(request, found.etag):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.plain, headers=headers, media_type=found.media_type)


@cache
def files() -> dict[str, Page]:
    """All of them, by the path under static."""
    return {str(file.relative_to(STATIC)): page_of(file) for file in STATIC.rglob("*") if file.suffix in TYPES}


def page_of(file: Path) -> Page:
    content = file.read_bytes()
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    return Page(TYPES[file.suffix], content, compress(content, mtime=0), etag)
