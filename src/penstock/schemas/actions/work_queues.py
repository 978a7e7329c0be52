"""Making and changing work queues."""

from penstock.schemas.core.work_queues import QueueFilter
from penstock.schemas.foundations import ActionModel, UpdateModel
from penstock.schemas.names import Name
from penstock.schemas.timestamps import Timestamp
from penstock.schemas.values import Limit, NotNull, Priority, Text


class WorkQueueCreate(ActionModel):
    """A new queue. Without a priority it gets the first free one; a null description means none."""

    name: Name
    description: Text | None = ""
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    priority: Priority | None = None
    filter: QueueFilter | None = None


class WorkQueueUpdate(UpdateModel):
    """Changes to a queue. Null clears the limit, the filter, the last poll's time and the pause's reason."""

    name: NotNull[Name] = None
    description: NotNull[Text] = None
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    priority: NotNull[Priority] = None
    last_polled: Timestamp | None = None
    filter: QueueFilter | None = None
    pause_reason: Text | None = None
