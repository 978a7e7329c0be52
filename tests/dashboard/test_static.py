"""How the dashboard's files are served, and that the API's addresses stay its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from penstock.server.dashboard import install_dashboard

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('hello');\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dashboard of two files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Penstock</title>")
    (tmp_path / "assets" / "index-abc.js").write_text(SCRIPT)
    return tmp_path


def app_of(folder: Path) -> FastAPI:
    app = FastAPI(docs_url="/docs")

    @app.get("/api/things/")
    async def read_things() -> list[str]:
        return ["one"]

    install_dashboard(app, folder)
    return app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


@pytest.fixture
async def browser(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of an app with the dashboard of ``folder``."""
    async with client_of(app_of(folder)) as client:
        client.headers.update(BROWSER)
        yield client


@pytest.mark.parametrize("path", ["/", "/pools/mill", "/runs/0194", "/no/such/page"])
async def test_every_page_is_the_same_file(browser: httpx.AsyncClient, path: str):
    page = await browser.get(path)
    assert page.status_code == 200
    assert "<title>Penstock</title>" in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_a_page_that_has_not_changed_is_not_sent_again(browser: httpx.AsyncClient):
    etag = (await browser.get("/")).headers["etag"]
    again = await browser.get("/", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")


async def test_files_with_a_hash_are_kept_for_good_and_come_compressed(browser: httpx.AsyncClient):
    script = await browser.get("/assets/index-abc.js")
    assert script.text == SCRIPT
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await browser.get("/assets/index-abc.js", headers={"accept-encoding": "identity"})
    assert plain.text == SCRIPT
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/assets/gone.js", "/../pyproject.toml", "/%2e%2e/pyproject.toml"])
async def test_a_file_that_is_not_there_is_no_page(browser: httpx.AsyncClient, path: str):
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/api", "/api/nope", "/api/things/nope", "/docs/nope"])
async def test_the_api_answers_for_itself(browser: httpx.AsyncClient, path: str):
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


async def test_the_api_still_redirects_and_refuses(browser: httpx.AsyncClient):
    assert (await browser.get("/api/things")).status_code == 307
    assert (await browser.post("/api/things/")).status_code == 405
    assert (await browser.post("/pools")).status_code == 404
    assert (await browser.get("/docs")).status_code == 200


async def test_a_program_gets_no_page_but_at_the_front_door(folder: Path):
    async with client_of(app_of(folder)) as program:
        assert (await program.get("/pools/mill")).status_code == 404
        assert (await program.get("/")).status_code == 200


async def test_a_server_without_the_files_says_how_to_build_them(tmp_path: Path):
    async with client_of(app_of(tmp_path)) as client:
        page = await client.get("/", headers=BROWSER)
        assert page.status_code == 503
        assert "make dashboard" in page.text
        assert (await client.get("/api/things/")).json() == ["one"]
        (tmp_path / "index.html").write_text("built meanwhile")
        assert (await client.get("/", headers=BROWSER)).text == "built meanwhile"


async def test_the_server_has_it_beside_its_api(client: httpx.AsyncClient):
    assert (
        (await client.get("http://test/pools", headers=BROWSER))
        .headers["content-type"]
        .startswith("text/html")
    )
    unknown = await client.get("nope", headers=BROWSER)
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
