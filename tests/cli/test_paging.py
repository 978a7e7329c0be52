"""Whole listings, page after page."""

import pytest

from penstock.cli.paging import PAGE, all_pages


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
async def test_all_rows_come_in_order(count: int) -> None:
    rows = list(range(count))

    async def read_page(offset: int) -> list[int]:
        return rows[offset : offset + PAGE]

    assert await all_pages(read_page) == rows
