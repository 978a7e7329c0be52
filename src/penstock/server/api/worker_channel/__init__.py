"""The worker channel: heartbeats, pool changes and cleanup over one socket (workers.md 7).

- ``handshake``: who calls; ``setup``: what the worker said hello for, in one transaction.
- ``session``: the connection after that; ``cleanup``: its part about cleanup.
- ``frames``: sending, receiving, and closing with the codes that workers know.
"""

from penstock.server.api.worker_channel.route import router

__all__ = ["router"]
