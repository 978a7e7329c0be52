"""What the two ends of a worker channel can do."""

VERSION = "work_pool_worker_channel.v1"

WORKER_HEARTBEATS = "worker_heartbeat.v1"
POOL_SNAPSHOTS = "work_pool_snapshot.v1"
CLEANUP_DELIVERY = "cleanup_delivery.v1"

REQUIRED_CAPABILITIES = (WORKER_HEARTBEATS, POOL_SNAPSHOTS)
"""What every worker must ask for."""
