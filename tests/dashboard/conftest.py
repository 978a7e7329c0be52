"""A real browser, and a real server process that it looks at."""

import os
import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from penstock.server.dashboard.files import BUILT
from tests.support.servers import running_server

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MILLISECONDS = 10_000


def browser_path() -> str:
    """Return the machine's Chromium; skip the test where there is none, or nothing to look at."""
    if not (BUILT / "index.html").is_file():
        pytest.skip("the dashboard is not built: make dashboard")
    named = os.environ.get("PENSTOCK_TEST_CHROMIUM", "")
    found = next((path for path in map(shutil.which, (named, *BROWSERS)) if path), None)
    if found is None:
        pytest.skip("needs Chromium; PENSTOCK_TEST_CHROMIUM names one that is not on the path")
    return found


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[str]:
    """The address of a server process on the test's database."""
    browser_path()
    async with running_server(database_url) as (address,):
        yield address


@pytest.fixture
async def api(site: str) -> AsyncIterator[httpx.AsyncClient]:
    """The server's API, to set the scene and to see what the page has done."""
    async with httpx.AsyncClient(base_url=f"{site}/api/", follow_redirects=True) as client:
        yield client


@pytest.fixture
async def page(site: str) -> AsyncIterator[Page]:
    """A page of a browser at ``site``; an error that a script of it does not catch fails the test."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=arguments)
        page = await browser.new_page(base_url=site, viewport={"width": 1280, "height": 900})
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        await browser.close()
    assert errors == []
