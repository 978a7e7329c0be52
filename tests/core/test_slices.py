"""Work in slices is the same work, and others go on meanwhile."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from penstock.core.slices import SLICE, make_each


@given(st.lists(st.integers(), max_size=4 * SLICE))
def test_all_is_made_in_order_and_others_have_their_turns(things: list[int]):
    async def check() -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        busy = asyncio.create_task(other())
        assert await make_each(str, things) == [str(thing) for thing in things]
        assert turns == max(0, len(things) - 1) // SLICE
        busy.cancel()

    asyncio.run(check())
