"""Every page can be read by all: in both themes, on a phone, and by those who don't see it."""

import httpx
from playwright.async_api import Page, expect

from penstock.server.database import DBInterface
from tests.dashboard.axe import serious_faults
from tests.dashboard.test_deployments_in_a_browser import make_deployments

TOO_WIDE = """() => [...document.querySelectorAll("html, .nav, .table-scroll")]
    .map((one) => [one.ariaLabel ?? one.className, one.scrollWidth - one.clientWidth])
    .filter(([_, pixels]) => pixels > 0)
    .map(([name, pixels]) => `${name}: ${pixels} px too wide`)"""
"""What has to be moved sideways to be read: the page, its navigation, a table."""

Faults = dict[tuple[str, str], list[str]]


async def look_at(page: Page, what: str, faults: Faults) -> None:
    """Note what is wrong with the page that is shown, in both themes and on a phone."""
    for theme in ("light", "dark"):
        await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        faults[what, theme] = await serious_faults(page)
    await page.set_viewport_size({"width": 390, "height": 800})
    faults[what, "phone"] = await page.evaluate(TOO_WIDE)
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_every_page_can_be_read_by_all(page: Page, db: DBInterface, api: httpx.AsyncClient):
    deployment = await make_deployments(db)
    await api.post("work_pools/mill/workers/heartbeat", json={"name": "millhouse"})
    claimed = await api.post(
        "work_pools/mill/claim", json={"worker_name": "millhouse", "limit": 1, "wait_seconds": 4}
    )
    run = claimed.json()[0]["flow_run"]["id"]
    faults: Faults = {}
    for path, tabs in {
        "/": [],
        "/pools/mill": ["Job template"],
        "/deployments": [],
        f"/deployments/{deployment}": ["Run it", "Definition"],
        "/runs": [],
        f"/runs/{run}": [],
        "/events": [],
        "/system": [],
    }.items():
        await page.goto(path)
        await expect(page.locator("h1")).to_be_visible()
        await page.wait_for_load_state("load")
        await look_at(page, path, faults)
        for tab in tabs:
            await page.get_by_role("tab", name=tab).click()
            await expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
            await look_at(page, f"{path} {tab}", faults)
    assert {place: found for place, found in faults.items() if found} == {}
