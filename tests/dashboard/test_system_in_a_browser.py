"""The page of the system, in a real browser against a real server."""

import os
import platform
import signal

import httpx
from playwright.async_api import Page, expect

from penstock import __version__
from penstock.server.database import DBInterface
from tests.support.factories import make_pool
from tests.support.servers import running_server


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


async def test_every_server_of_the_database_is_listed(page: Page, api: httpx.AsyncClient, database_url: str):
    settings = {"PENSTOCK_SERVICES_ENABLED": "false", "PENSTOCK_SERVER_RECORD_SECONDS": "1"}
    async with running_server(database_url, settings=settings) as (other,):
        async with httpx.AsyncClient() as client:
            there = (await client.get(f"{other}/api/admin/server")).json()
        here = (await api.get("admin/server")).json()
        await page.goto("/system")
        rows = page.get_by_role("region", name="Servers").get_by_role("row")
        await expect(rows).to_have_count(3)
        own = rows.filter(has_text=f"process {here['process_id']} on")
        await expect(own).to_contain_text("this one answers")
        await expect(own).to_contain_text("alive")
        await expect(own).to_contain_text(here["version"])
        row = rows.filter(has_text=f"process {there['process_id']} on")
        await expect(row).to_contain_text(f"1 of {len(there['services'])}")

        services = page.get_by_role("region", name="Services")
        await expect(services.get_by_role("row", name="late runs")).to_contain_text("fine")
        await row.get_by_role("button", name="Show the services").click()
        await expect(services).to_contain_text(f"of process {there['process_id']} on {there['host']}")
        await expect(services.get_by_role("row", name="late runs")).to_contain_text("not in this server")

        os.kill(there["process_id"], signal.SIGKILL)
        await expect(row).to_contain_text("not seen", timeout=20_000)
        await expect(own).to_contain_text("alive")
