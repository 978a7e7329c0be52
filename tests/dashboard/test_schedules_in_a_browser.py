"""Schedules are added, changed and deleted on the page of their deployment, in a real browser."""

from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from penstock.server.database import DBInterface
from tests.dashboard.test_deployments_in_a_browser import make_deployments
from tests.dashboard.test_every_page import Faults, look_at


async def schedules(api: httpx.AsyncClient, deployment: str) -> dict[str, dict[str, Any]]:
    """Return the schedules of a deployment by their slugs."""
    return {one["slug"]: one for one in (await api.get(f"deployments/{deployment}/schedules")).json()}


async def open_form(page: Page, button: str) -> Locator:
    await page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", level=2)).to_be_visible()
    return dialog


async def add_one(page: Page, api: httpx.AsyncClient, deployment: str) -> None:
    """Type a schedule, see its starts meanwhile, what is wrong at the fields, and that it is kept."""
    dialog = await open_form(page, "Add a schedule …")
    starts = dialog.get_by_role("group", name="Next starts of what is typed").get_by_role("row")
    await dialog.get_by_label("Time zone").fill("Europe/Berlin")
    await dialog.get_by_role("textbox", name="Cron expression").fill("30 4 * * 1")
    await expect(dialog.get_by_text("at 04:30 on Monday")).to_be_visible()
    await expect(starts).to_have_count(6)
    await expect(starts.nth(1)).to_contain_text("4:30")
    await dialog.get_by_role("textbox", name="Cron expression").fill("30 4 * *")
    await expect(dialog.get_by_text("'30 4 * *' is not a cron expression")).to_be_visible()
    await expect(dialog.get_by_role("textbox", name="Cron expression")).to_have_attribute(
        "aria-invalid", "true"
    )
    faults: Faults = {}
    await look_at(page, "the form", faults)
    assert {place: found for place, found in faults.items() if found} == {}
    await dialog.get_by_role("textbox", name="Cron expression").fill("30 4 * * 1")
    await dialog.get_by_label("Time zone").fill("Mars/Olympus")
    await expect(dialog.get_by_text("There is no time zone named 'Mars/Olympus'")).to_be_visible()
    await dialog.get_by_label("Time zone").fill("Europe/Berlin")
    await dialog.get_by_label("Slug").fill("nightly")
    await dialog.get_by_label("Its own parameters").fill('{"sacks": 3}')
    await dialog.get_by_role("button", name="Add it").click()
    await expect(dialog.get_by_text("already exists")).to_be_visible()
    await dialog.get_by_label("Slug").fill("weekly")
    await dialog.get_by_role("button", name="Add it").click()
    await expect(page.get_by_text("rye has a new schedule.")).to_be_visible()
    await expect(page.get_by_role("switch", name="weekly makes runs")).to_be_visible()
    weekly = (await schedules(api, deployment))["weekly"]
    assert weekly["schedule"] == {"cron": "30 4 * * 1", "timezone": "Europe/Berlin", "day_or": True}
    assert weekly["parameters"] == {"sacks": 3}


async def change_it(page: Page, api: httpx.AsyncClient, deployment: str) -> None:
    """Make an interval of it, counted from a time of the viewer's clock."""
    dialog = await open_form(page, "Change weekly")
    await expect(dialog.get_by_role("textbox", name="Cron expression")).to_have_value("30 4 * * 1")
    await dialog.get_by_role("button", name="Due").click()
    await page.get_by_role("option", name="at an interval").click()
    await dialog.get_by_label("Every", exact=True).fill("90")
    await dialog.get_by_role("button", name="Unit").click()
    await page.get_by_role("option", name="minutes").click()
    await dialog.get_by_label("Counted from").fill("2030-01-01T00:00:00")
    await expect(dialog.get_by_text("every 1 hour and 30 minutes")).to_be_visible()
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The schedule is changed")).to_be_visible()
    weekly = (await schedules(api, deployment))["weekly"]
    assert weekly["schedule"]["interval"] == 5400
    assert weekly["schedule"]["anchor_date"].startswith("20")
    assert (weekly["schedule"]["timezone"], weekly["parameters"]) == ("Europe/Berlin", {"sacks": 3})


async def delete_it(page: Page, api: httpx.AsyncClient, deployment: str) -> None:
    """It is asked before, with what is touched."""
    await api.post(f"deployments/{deployment}/schedule", json={"min_runs": 5})
    made = (await api.get(f"overview/deployments/{deployment}/scheduled_runs")).json()
    assert made > 1
    await page.get_by_role("button", name="Delete weekly").click()
    asked = page.get_by_role("alertdialog")
    await expect(asked).to_contain_text("Delete the schedule “weekly” of rye?")
    await expect(asked).to_contain_text(f"{made} waiting runs that schedules of rye have made")
    await asked.get_by_role("button", name="Leave as it is").click()
    assert "weekly" in await schedules(api, deployment)
    await page.get_by_role("button", name="Delete weekly").click()
    await asked.get_by_role("button", name="Delete the schedule").click()
    await expect(page.get_by_text("“weekly” is deleted.")).to_be_visible()
    await expect(page.get_by_role("switch", name="weekly makes runs")).to_have_count(0)
    assert (await schedules(api, deployment)).keys() == {"nightly", "often"}


async def test_a_schedule_from_its_first_letter_to_its_end(
    page: Page, db: DBInterface, api: httpx.AsyncClient
):
    deployment = await make_deployments(db)
    await page.goto(f"/deployments/{deployment}")
    await add_one(page, api, deployment)
    await change_it(page, api, deployment)
    await delete_it(page, api, deployment)
