"""Settings of the worker process."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkerSettings(BaseSettings):
    """How often a worker asks and reports. Environment variables have the prefix ``PENSTOCK_WORKER_``."""

    model_config = SettingsConfigDict(env_prefix="PENSTOCK_WORKER_", extra="ignore")

    claim_wait_seconds: float = Field(
        default=10.0,
        ge=0,
        le=30,
        description="How long the server holds a claim while nothing is due; it answers as soon as a run is.",
    )
    poll_interval_seconds: float = Field(
        default=1.0, gt=0, description="Least time between two claims that give nothing."
    )
    heartbeat_interval_seconds: int = Field(
        default=10,
        gt=0,
        description="How often the worker is heard of at least; leases are renewed by the same request.",
    )
    cancel_check_seconds: float = Field(
        default=2.0, gt=0, description="How often running jobs are checked for a cancellation."
    )
    cleanup_check_seconds: float = Field(
        default=10.0, gt=0, description="How often it is asked for jobs on this machine that nobody holds."
    )
    drain_timeout_seconds: float = Field(
        default=300.0, ge=0, description="How long running jobs may go on after a first stop signal."
    )
    kill_grace_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Pause between asking a job to end and killing it; cut short where its lease ends.",
    )
    log_batch_seconds: float = Field(
        default=0.5, gt=0, description="How long output is collected before it is sent to the run's logs."
    )
