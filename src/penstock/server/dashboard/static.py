"""The dashboard at ``/``: its files, and its page for every other address that a browser asks for."""

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from penstock.server.dashboard.files import BUILT, INDEX, File, read_files

NOT_OURS = ("/api", "/docs")
IMMUTABLE = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Everything comes from this server; only styles are also written into elements, by the components."""

NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Penstock</title>
<style>body { font: 1rem/1.6 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; }
:root { color-scheme: light dark; }</style>
<h1>The dashboard is not built</h1>
<p>The server works; only the files of its dashboard are missing. In the checkout type</p>
<pre>make dashboard</pre>
<p>and load this page again. The API is described at <a href="/docs">/docs</a>.</p>
</html>
"""


def install_dashboard(app: FastAPI, folder: Path = BUILT) -> None:
    """Answer with the dashboard what no route of the app answers; the API and its pages stay as they are."""
    app.router.default = Dashboard(folder, otherwise=app.router.default)


class Dashboard:
    """Stands where the router has no answer; what is no page or file of its own goes on to ``otherwise``."""

    def __init__(self, folder: Path, otherwise: ASGIApp) -> None:
        self._folder = folder
        self._otherwise = otherwise
        self._files: dict[str, File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no route matches."""
        response = self._answer(Request(scope)) if scope["type"] == "http" else None
        await (response or self._otherwise)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        if request.method not in {"GET", "HEAD"} or _is_below(path, NOT_OURS):
            return None
        # Built while the server runs: found at the next request.
        self._files = self._files or read_files(self._folder)
        file = self._files.get(path.lstrip("/"))
        if file is not None:
            return _file_response(request, file)
        if not _is_page(request):
            return None
        index = self._files.get(INDEX)
        return HTMLResponse(NOT_BUILT, 503) if index is None else _file_response(request, index)


def _is_below(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _is_page(request: Request) -> bool:
    """A person's browser asks for pages by name, as no script does; a name with a dot is a file."""
    is_file = "." in request.url.path.rsplit("/", 1)[-1]
    return request.url.path == "/" or ("text/html" in request.headers.get("accept", "") and not is_file)


def _file_response(request: Request, file: File) -> Response:
    headers = {
        "etag": file.etag,
        "cache-control": IMMUTABLE if file.is_immutable else ASK_AGAIN,
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
    }
    if file.media_type.startswith("text/html"):
        headers |= {"content-security-policy": POLICY, "referrer-policy": "same-origin"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = file.compressed
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=file.media_type)
