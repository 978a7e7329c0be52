"""The page of the system, in a real browser against a real server."""

import platform

import httpx
from playwright.async_api import Page, expect

from penstock import __version__
from penstock.server.database import DBInterface
from tests.support.factories import make_pool


async def test_what_the_server_is_made_of_and_how_it_fares(
    page: Page, db: DBInterface, api: httpx.AsyncClient
):
    async with db.session_context(begin_transaction=True) as session:
        await make_pool(session, "mill")
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Pools", level=1)).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    server = page.get_by_role("region", name="This server")
    status = (await api.get("admin/server")).json()
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[status["database_kind"]]
    for words in (__version__, platform.python_version(), f"{kind} {status['database_version']}", "answers"):
        await expect(server).to_contain_text(words)

    services = page.get_by_role("region", name="Services").get_by_role("row")
    await expect(services).to_have_count(1 + len(status["services"]))
    await expect(services.filter(has_text="late runs")).to_contain_text("fine")

    await page.get_by_role("button", name="Examine the database").click()
    doctor = page.get_by_role("region", name="Doctor")
    await expect(doctor.get_by_role("listitem").first).to_contain_text("fine")

    await page.keyboard.press("/")
    await page.keyboard.type("late_runs_after")
    await expect(page.get_by_role("region", name="Settings").get_by_role("term")).to_have_count(1)
