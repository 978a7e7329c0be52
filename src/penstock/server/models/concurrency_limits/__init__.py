"""Concurrency limits: named slots that runs and clients take and give back.

- ``limits``: the limits themselves. ``increments``: taking slots of several at once.
- ``leases``: the rows that hold slots. ``locks``: the order in which limits are locked.
- ``usage``: the arithmetic of decay and waiting.
- ``deployment_limits``: the limit over a deployment's runs.
- ``deployment_slots``: the slot a run takes of its deployment. ``tag_slots``: those of task runs.
"""

from penstock.server.models.concurrency_limits.increments import (
    NoSlots,
    Taken,
    end_expired_leases,
    end_lease,
    lease_for,
    renew_lease,
    return_slots,
    take_slots,
)
from penstock.server.models.concurrency_limits.limits import (
    create_concurrency_limit,
    delete_concurrency_limit,
    read_concurrency_limit,
    read_concurrency_limits,
    update_concurrency_limit,
)
from penstock.server.models.concurrency_limits.tag_slots import (
    name_of,
    put_tag_limit,
    read_holders,
    reset_tag_limit,
    return_tag_slots,
    tag_of,
    take_tag_slots,
)
from penstock.server.models.concurrency_limits.usage import TAG_PREFIX, Usage, usage_of

__all__ = [
    "TAG_PREFIX",
    "NoSlots",
    "Taken",
    "Usage",
    "create_concurrency_limit",
    "delete_concurrency_limit",
    "end_expired_leases",
    "end_lease",
    "lease_for",
    "name_of",
    "put_tag_limit",
    "read_concurrency_limit",
    "read_concurrency_limits",
    "read_holders",
    "renew_lease",
    "reset_tag_limit",
    "return_slots",
    "return_tag_slots",
    "tag_of",
    "take_slots",
    "take_tag_slots",
    "update_concurrency_limit",
    "usage_of",
]
