"""The pages of pools, in a real browser against a real server."""

import httpx
from playwright.async_api import Locator, Page, expect

from penstock.server.database import DBInterface
from tests.support.factories import make_pool, make_queues, make_runs


async def make_mill(db: DBInterface) -> None:
    """Make a pool with three further queues, something that waits in one of them."""
    async with db.session_context(begin_transaction=True) as session:
        pool = await make_pool(session, "mill", concurrency_limit=2)
        _, _, bulk = await make_queues(session, pool, "critical", "reports", "bulk")
        await make_runs(session, bulk, 5)


async def queue_order(api: httpx.AsyncClient) -> list[str]:
    return [queue["name"] for queue in (await api.get("overview/work_pools/mill/queues")).json()]


async def drag(page: Page, handle: Locator, above: Locator) -> None:
    """Drag by a handle to the upper edge of a row, as a hand does: in many small steps."""
    start, end = await handle.bounding_box(), await above.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 8, start["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(end["x"] + 200, end["y"] + 4, steps=12)
    await page.mouse.up()


async def test_from_the_cards_to_a_pool(page: Page, db: DBInterface, api: httpx.AsyncClient):
    await page.goto("/")
    await expect(page.get_by_text("penstock pool create mill --limit 2")).to_be_visible()
    await make_mill(db)
    card = page.get_by_role("listitem").filter(has_text="mill")
    await expect(card).to_contain_text("0/2")
    await expect(card).to_contain_text("5")
    await api.post("work_pools/mill/workers/heartbeat", json={"name": "millhouse"})
    await expect(card).to_contain_text("ready")
    await page.keyboard.press("/")
    await page.keyboard.type("nothing like it")
    await expect(card).to_have_count(0)
    await page.keyboard.press("Escape")
    await card.get_by_role("link", name="mill").click()
    await expect(page.get_by_role("heading", name="mill", level=1)).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page.get_by_role("heading", name="Pools", level=1)).to_be_visible()


async def reorder(page: Page, api: httpx.AsyncClient) -> None:
    """Move a queue by mouse, by keys and by the menu; what is shown is what the server has."""
    grid = page.get_by_role("grid", name="Queues in order of priority")
    names = grid.locator(".queue-name")
    await expect(names).to_have_text(["default", "critical", "reports", "bulk"])
    await drag(page, page.get_by_role("button", name="Move bulk"), grid.get_by_role("row").first)
    await expect(names).to_have_text(["bulk", "default", "critical", "reports"])
    await expect(page.get_by_text("bulk has a new place.")).to_be_visible()
    assert await queue_order(api) == ["bulk", "default", "critical", "reports"]

    await page.get_by_role("button", name="Move reports").focus()
    place = grid.locator(".react-aria-DropIndicator[data-drop-target] [role=button]")
    await page.keyboard.press("Enter")
    await expect(place).to_be_focused()
    await page.keyboard.press("Home")
    await expect(place).to_have_attribute("aria-label", "Insert before bulk")
    await expect(place).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("reports has a new place.")).to_be_visible()
    assert await queue_order(api) == ["reports", "bulk", "default", "critical"]
    await expect(names).to_have_text(["reports", "bulk", "default", "critical"])

    await page.get_by_role("button", name="Place of critical").click()
    await page.get_by_role("menuitem", name="Move to the top").click()
    await expect(page.get_by_text("critical has a new place.")).to_be_visible()
    assert (await queue_order(api))[0] == "critical"
    await expect(names.first).to_have_text("critical")


async def pause_and_limit(page: Page, api: httpx.AsyncClient) -> None:
    """Pause a queue, change its limit, pause the pool and resume it."""
    switch = page.get_by_role("switch", name="bulk hands out runs")
    await page.locator("label.switch").filter(has=switch).click()
    await expect(page.get_by_text("bulk is paused; what runs goes on.")).to_be_visible()
    assert (await api.get("work_pools/mill/queues/bulk")).json()["is_paused"]
    await page.locator("label.switch").filter(has=switch).click()
    await expect(page.get_by_text("bulk hands out again.")).to_be_visible()

    await page.get_by_role("button", name="limit of queue bulk").click()
    await page.get_by_label("Slots at once").fill("many")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("A whole number, or nothing for no limit.")).to_be_visible()
    await page.get_by_label("Slots at once").fill("3")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The limit of bulk is 3 now.")).to_be_visible()
    assert (await api.get("work_pools/mill/queues/bulk")).json()["concurrency_limit"] == 3

    await page.get_by_role("button", name="Pause pool").click()
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("5 waiting runs in 4 queues")
    await dialog.get_by_label("Why").fill("new disks")
    await dialog.get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("Paused: new disks")).to_be_visible()
    maintenance = (await api.get("work_pools/mill/maintenance")).json()
    assert (maintenance["is_paused"], maintenance["reason"]) == (True, "new disks")
    await page.get_by_role("button", name="Resume pool").click()
    await expect(page.get_by_role("button", name="Pause pool")).to_be_visible()


async def watch_workers(page: Page, api: httpx.AsyncClient) -> None:
    """See who holds a slot, and drain its worker."""
    await api.post("work_pools/mill/workers/heartbeat", json={"name": "millhouse"})
    await expect(page.get_by_text("holds nothing")).to_be_visible()
    claimed = await api.post(
        "work_pools/mill/claim", json={"worker_name": "millhouse", "limit": 1, "wait_seconds": 4}
    )
    name = claimed.json()[0]["flow_run"]["name"]
    await expect(page.get_by_role("region", name="Slot holders")).to_contain_text(name)
    await expect(page.get_by_text(f"holds 1: {name}")).to_be_visible()
    await page.get_by_role("button", name="Drain millhouse").click()
    await expect(page.get_by_text("millhouse gets no more runs; it still holds 1.")).to_be_visible()
    await expect(page.get_by_text("draining")).to_be_visible()


async def edit_template(page: Page) -> None:
    """Save templates that are none; the page says why, and where."""
    await page.get_by_role("tab", name="Job template").click()
    text = page.get_by_label("Job template as JSON")
    await text.fill('{"job_configuration": {},\n"variables": ')
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("JSON")
    unknown = '{"job_configuration":\n{"command": "{{ nobody }}"},\n"variables": {"properties": {}}}'
    await text.fill(unknown)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("job_configuration.command")
    await expect(page.get_by_role("alert")).to_contain_text("nobody")
    await page.get_by_role("button", name="line 2").click()
    chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert await text.evaluate(chosen) == '"command"'
    no_type = '"variables": {"properties": {"nobody":\n{"type": "whole"}}}}'
    await text.fill(unknown.partition('"variables"')[0] + no_type)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("variables.properties.nobody.type")
    await expect(page.get_by_role("button", name="line 4")).to_be_visible()
    await text.fill(unknown.replace('"properties": {}', '"properties": {"nobody": {"type": "string"}}'))
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The job template of mill is saved.")).to_be_visible()


async def test_the_page_of_a_pool(page: Page, db: DBInterface, api: httpx.AsyncClient):
    await make_mill(db)
    await page.goto("/pools/mill")
    await reorder(page, api)
    await pause_and_limit(page, api)
    await watch_workers(page, api)
    await edit_template(page)
