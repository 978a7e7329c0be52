"""axe-core looks at a page for what keeps people from using it."""

import pytest
from playwright.async_api import Page

from tests.house.files import ROOT

AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
BAD = {"serious", "critical"}


async def serious_faults(page: Page) -> list[str]:
    """Return what is seriously wrong with a page: the rule, and the first element that breaks it."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make dashboard")
    # Evaluated, not added: the page's policy lets no foreign script in.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in BAD]
