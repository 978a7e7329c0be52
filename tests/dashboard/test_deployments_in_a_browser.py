"""The pages of deployments, in a real browser against a real server."""

from datetime import datetime
from typing import Any

import httpx
from playwright.async_api import Page, expect

from penstock.server.database import DBInterface
from tests.support.factories import default_queue, due, make_deployment, make_flow, make_pool, make_run

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["sacks"],
    "properties": {
        "sacks": {"type": "integer", "title": "Sacks", "maximum": 40},
        "grain": {"$ref": "#/definitions/Grain", "title": "Grain", "default": "rye"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
    "definitions": {"Grain": {"enum": ["rye", "oats"]}},
}
SCHEDULES = [
    {"schedule": {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "slug": "nightly"},
    {"schedule": {"interval": 5400.0}, "slug": "often", "active": False},
]


async def make_deployments(db: DBInterface) -> str:
    """Make some deployments, one of them with a schema, schedules and a run; return its id."""
    async with db.session_context(begin_transaction=True) as session:
        queue = await default_queue(session, await make_pool(session, "mill"))
        flow = await make_flow(session, "grind")
        rye = await make_deployment(
            session,
            queue,
            "rye",
            flow=flow,
            tags=["bread"],
            parameter_openapi_schema=SCHEMA,
            schedules=SCHEDULES,
        )
        await make_run(session, queue, due(seconds=60), "last-grind", flow=flow, deployment_id=rye.id)
        for number in range(60):
            await make_deployment(session, queue, f"cake-{number:02}", flow=await make_flow(session, "bake"))
        return str(rye.id)


async def find_it(page: Page) -> None:
    """Go to the deployments by keys, turn a page, and find one by its flow."""
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Pools", level=1)).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await expect(page.get_by_role("heading", name="Deployments", level=1)).to_be_visible()
    await expect(page.get_by_text("61 deployments")).to_be_visible()
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("link", name="rye", exact=True)).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("grin")
    await expect(page.get_by_text("1 deployment", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="rye")
    for words in ("mill", "1 of 2", "last-grind", "bread"):
        await expect(row).to_contain_text(words)
    await row.get_by_role("link", name="rye", exact=True).click()


async def see_schedules(page: Page, api: httpx.AsyncClient, deployment: str) -> None:
    """See when runs are due, and pause and resume a schedule and the deployment."""
    await expect(page.get_by_text("every day at 02:30")).to_be_visible()
    await expect(page.get_by_text("every 1 hour and 30 minutes")).to_be_visible()
    starts = page.get_by_role("group", name="Next starts of nightly").get_by_role("row")
    await expect(starts).to_have_count(11)
    await expect(starts.first).to_contain_text("Its time (Europe/Berlin)")
    switch = page.get_by_role("switch", name="nightly makes runs")
    await page.locator("label.switch").filter(has=switch).click()
    await expect(page.get_by_text("“nightly” is paused.")).to_be_visible()
    schedules = (await api.get(f"deployments/{deployment}/schedules")).json()
    assert {one["slug"]: one["active"] for one in schedules} == {"nightly": False, "often": False}

    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Runs that people start go ahead.")).to_be_visible()
    assert (await api.get(f"deployments/{deployment}")).json()["paused"]
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


async def change_the_limit(page: Page, api: httpx.AsyncClient, deployment: str) -> None:
    await page.get_by_role("button", name="limit of deployment rye").click()
    await page.get_by_label("Slots at once").fill("2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The limit of rye is 2 now.")).to_be_visible()
    assert (await api.get(f"deployments/{deployment}")).json()["global_concurrency_limit"]["limit"] == 2


async def run_it(page: Page, api: httpx.AsyncClient) -> None:
    """Start a run by the form: errors stand at the fields, the start may lie ahead."""
    await page.get_by_role("button", name="Run …").click()
    await page.get_by_role("button", name="Run it now").click()
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    await page.get_by_label("Sacks").fill("41")
    await page.get_by_role("button", name="Run it now").click()
    await expect(page.get_by_text("41 is greater than the maximum of 40")).to_be_visible()
    await page.get_by_label("Sacks").fill("4")
    await page.get_by_role("button", name="Grain").click()
    await page.get_by_role("option", name="oats").click()
    await page.get_by_label("Start", exact=True).fill("2031-05-01T06:30:00")
    await page.get_by_label("Name of the run").fill("may-grind")
    await page.get_by_role("button", name="Run it then").click()
    await expect(page.get_by_role("heading", name="may-grind", level=1)).to_be_visible()
    (made,) = (
        await api.post("flow_runs/filter", json={"flow_runs": {"name": {"any_": ["may-grind"]}}})
    ).json()
    assert made["parameters"] == {"sacks": 4, "grain": "oats"}
    offset = await page.evaluate("new Date('2031-05-01T06:30:00').getTimezoneOffset()")
    assert datetime.fromisoformat(made["expected_start_time"]).timestamp() == 1935383400 + 60 * offset


async def pick_it_among_runs(page: Page) -> None:
    """Choose the deployment in the list of runs."""
    await page.get_by_role("link", name="rye").click()
    await page.get_by_role("link", name="Runs", exact=True).click()
    await page.get_by_role("combobox", name="Deployment").fill("ry")
    await page.get_by_role("option", name="rye").click()
    await expect(page.get_by_role("button", name="Deployment rye ×")).to_be_visible()
    await expect(page.get_by_text("2 runs", exact=True)).to_be_visible()


async def test_a_deployment_from_the_list_to_its_runs(page: Page, db: DBInterface, api: httpx.AsyncClient):
    deployment = await make_deployments(db)
    await find_it(page)
    await see_schedules(page, api, deployment)
    await change_the_limit(page, api, deployment)
    await run_it(page, api)
    await pick_it_among_runs(page)


async def test_without_deployments_the_page_says_how_to_make_one(page: Page):
    await page.goto("/deployments")
    await expect(page.get_by_text("penstock deploy hello")).to_be_visible()
    await page.goto("/deployments/00000000-0000-0000-0000-000000000001")
    await expect(page.get_by_role("alert")).to_have_text("Deployment not found")
