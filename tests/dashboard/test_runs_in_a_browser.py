"""The pages of runs, in a real browser against a real server."""

import re
from typing import Any

import httpx
from playwright.async_api import Page, expect

from penstock.server.database import DBInterface
from tests.support.factories import default_queue, due, make_pool, make_run


async def make_two_runs(db: DBInterface) -> tuple[str, str]:
    """Make a pool with two runs that wait, and return their ids."""
    async with db.session_context(begin_transaction=True) as session:
        queue = await default_queue(session, await make_pool(session, "mill", concurrency_limit=1))
        first = await make_run(session, queue, due(seconds=9), "grind-rye", parameters={"sacks": 3})
        second = await make_run(session, queue, due(seconds=5), "grind-oats")
        return str(first.id), str(second.id)


async def follow_a_run(page: Page, api: httpx.AsyncClient, run: str) -> None:
    """See a run go from waiting through its states, with its logs, until it has ended."""
    badge = page.locator(".page-head .badge")
    await page.goto(f"/runs/{run}")
    await expect(page.get_by_role("heading", name="Why is it not running?")).to_be_visible()
    await expect(page.locator(".reasons li").first).to_contain_text("worker")
    await expect(page.get_by_label("Parameters", exact=True)).to_contain_text('"sacks": 3')
    attempt = (
        await api.post("work_pools/mill/claim", json={"worker_name": "w", "limit": 1, "wait_seconds": 4})
    ).json()[0]
    await expect(badge).to_have_text("Pending")
    await propose(api, run, {"type": "RUNNING"}, attempt["attempt"])
    await expect(badge).to_have_text("Running")
    lines = [("opening the gate", 20), ("the stone is hot", 40)]
    for number, (message, level) in enumerate(lines):
        at = f"2030-01-01T10:00:0{number}Z"
        line = {"name": "run", "level": level, "message": message, "timestamp": at, "flow_run_id": run}
        assert (await api.post("logs/", json=[line])).status_code == 201
        await expect(page.get_by_role("log")).to_contain_text(message)
    await page.keyboard.press("/")
    await page.keyboard.type("STONE")
    await expect(page.locator(".log")).to_have_count(1)
    await propose(api, run, {"type": "COMPLETED"}, attempt["attempt"])
    await expect(badge).to_have_text("Completed")
    await expect(page.locator(".state .badge")).to_have_text(["Completed", "Running", "Pending", "Scheduled"])


async def propose(api: httpx.AsyncClient, run: str, state: dict[str, Any], attempt: int) -> None:
    answer = await api.post(f"flow_runs/{run}/set_state?attempt={attempt}", json={"state": state})
    assert answer.json()["status"] == "ACCEPT", answer.text


async def cancel_a_run(page: Page, api: httpx.AsyncClient, run: str) -> None:
    """Cancel a run that waits, on its own page."""
    await page.get_by_role("link", name="Runs", exact=True).click()
    await page.get_by_role("link", name="grind-oats").click()
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.get_by_role("alertdialog")).to_contain_text("Cancel grind-oats?")
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(page.locator(".page-head .badge")).to_have_text("Cancelled")
    assert (await api.get(f"flow_runs/{run}")).json()["state_type"] == "CANCELLED"


async def search_and_delete(page: Page, api: httpx.AsyncClient) -> None:
    """Find runs by state and name, and delete what was found after seeing how much it is."""
    await page.goto("/runs?state=cancelled&pool=mill")
    await expect(page.get_by_text("1 run", exact=True)).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Delete all")).click()
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("1 run cancelled, of pool mill")
    await dialog.get_by_role("button", name="Delete them").click()
    await expect(page.get_by_text("penstock run create DEPLOYMENT")).to_be_visible()
    left = (await api.post("flow_runs/filter", json={})).json()
    assert [run["name"] for run in left] == ["grind-rye"]


async def test_runs_from_waiting_to_deleted(page: Page, db: DBInterface, api: httpx.AsyncClient):
    rye, oats = await make_two_runs(db)
    await follow_a_run(page, api, rye)
    await cancel_a_run(page, api, oats)
    await search_and_delete(page, api)
