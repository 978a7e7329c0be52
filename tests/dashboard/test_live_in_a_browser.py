"""Pages keep up with the server: by its events, without them, and when it does not answer."""

import re

import httpx
from playwright.async_api import Page, Route, expect

from penstock.server.database import DBInterface
from tests.support.factories import default_queue, make_pool, make_runs


async def make_mill(db: DBInterface) -> None:
    async with db.session_context(begin_transaction=True) as session:
        queue = await default_queue(session, await make_pool(session, "mill"))
        await make_runs(session, queue, 70)


async def test_without_the_socket_pages_ask_by_themselves(
    page: Page, db: DBInterface, api: httpx.AsyncClient
):
    await make_mill(db)
    await page.route_web_socket(re.compile("/events/out"), lambda socket: socket.close())
    await page.goto("/")
    card = page.get_by_role("listitem").filter(has_text="mill")
    await expect(card).to_contain_text("not ready")
    await expect(page.get_by_text("Asking every few seconds")).to_be_visible()
    await api.post("work_pools/mill/workers/heartbeat", json={"name": "millhouse"})
    await expect(card).not_to_contain_text("not ready")


async def test_a_server_that_does_not_answer_is_told_of_and_comes_back(page: Page, db: DBInterface):
    async def refuse(route: Route) -> None:
        await route.abort()

    await make_mill(db)
    await page.goto("/")
    card = page.get_by_role("listitem").filter(has_text="mill")
    await expect(card).to_be_visible()
    await page.route("**/api/**", refuse)
    await page.goto("/")
    trouble = page.get_by_role("alert").filter(has_text="The server does not answer. Is it running?")
    await expect(trouble).to_be_visible(timeout=20_000)
    await page.unroute("**/api/**", refuse)
    await expect(card).to_be_visible(timeout=20_000)
    await expect(trouble).to_have_count(0)


async def test_many_runs_are_turned_over_page_by_page(page: Page, db: DBInterface):
    await make_mill(db)
    await page.goto("/runs")
    names = page.get_by_role("region", name="Runs").get_by_role("row")
    await expect(page.get_by_text("70 runs", exact=True)).to_be_visible()
    await expect(names).to_have_count(51)
    first = await names.all_inner_texts()
    await page.get_by_role("button", name="Older").click()
    await expect(names).to_have_count(21)
    assert not set(first[1:]) & set((await names.all_inner_texts())[1:])
    await expect(page.get_by_role("button", name="Older")).to_be_disabled()
    await page.get_by_role("button", name="Newer").click()
    await expect(names).to_have_count(51)
