"""The page of events, in a real browser against a real server."""

import httpx
from playwright.async_api import Page, expect


async def test_events_are_found_and_followed(page: Page, api: httpx.AsyncClient):
    await api.post("work_pools/", json={"name": "mill"})
    await api.post("work_pools/mill/queues", json={"name": "bulk"})
    await page.goto("/events")
    rows = page.get_by_role("region", name="Events").get_by_role("row")
    await expect(rows.filter(has_text="prefect.work-queue.created")).to_have_count(2)

    await api.post("flows/", json={"name": "grind"})
    await expect(rows.filter(has_text="prefect.flow.created")).to_contain_text("grind")

    await page.get_by_role("button", name="About").click()
    await page.get_by_role("option", name="About queues").click()
    await expect(rows.filter(has_text="prefect.flow.created")).to_have_count(0)
    bulk = rows.filter(has_text="prefect.work-queue.created").filter(has_text="bulk")
    await bulk.get_by_role("button", name="Only events with bulk").click()
    await expect(page.get_by_role("button", name="With bulk ×")).to_be_visible()
    await expect(rows.filter(has_text="created")).to_have_count(1)

    await api.patch("work_pools/mill/queues/bulk", json={"is_paused": True})
    await expect(rows.filter(has_text="prefect.work-queue.paused")).to_have_count(1)
    await page.get_by_role("button", name="prefect.work-queue.paused").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("About")).to_contain_text('"prefect.resource.name": "bulk"')
    await dialog.get_by_role("button", name="Close").click()

    await page.get_by_role("button", name="With bulk ×").click()
    await page.get_by_role("searchbox", name="Beginning of the name").fill("prefect.work-queue.pau")
    await expect(rows.filter(has_text="created")).to_have_count(0)
    await expect(rows.filter(has_text="paused")).to_have_count(1)
    await page.reload()
    await expect(rows.filter(has_text="paused")).to_have_count(1)


async def test_older_events_come_page_by_page(page: Page, api: httpx.AsyncClient):
    for number in range(60):
        await api.post("flows/", json={"name": f"flow-{number}"})
    await page.goto("/events?name=prefect.flow.created&hours=24")
    await expect(page.get_by_text("50 of 60 events")).to_be_visible()
    await page.get_by_role("button", name="Show older ones").click()
    await expect(page.get_by_text("60 of 60 events")).to_be_visible()
    await expect(page.get_by_role("button", name="Show older ones")).to_have_count(0)
