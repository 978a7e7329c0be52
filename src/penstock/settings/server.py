"""Settings of the server process."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from platformdirs import user_data_path
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from penstock.core.attempts import LeaseTimes


class ServerSettings(BaseSettings):
    """Where the server keeps its data, where it listens, and how patient it is.

    Every field is also an environment variable with the prefix ``PENSTOCK_``.
    """

    model_config = SettingsConfigDict(env_prefix="PENSTOCK_", extra="ignore")

    home: Path = Field(
        default_factory=lambda: user_data_path("penstock"),
        description="Folder for the data of the embedded server.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL (sqlite+aiosqlite:// or postgresql+asyncpg://). "
        "Empty: a SQLite file in the home folder.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=4200, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    log_level: str = Field(default="info", description="debug, info, warning or error.")
    api_default_limit: int = Field(
        default=200, ge=1, description="Most rows one listing returns, and how many when none is asked for."
    )
    poll_record_seconds: float = Field(
        default=0.25, gt=0, description="How long polls are collected before they are recorded."
    )
    poll_record_refresh_seconds: float = Field(
        default=2.0, ge=0, description="A queue polled more often than this is not recorded anew."
    )
    heartbeat_record_seconds: float = Field(
        default=0.25, gt=0, description="How long heartbeats of known workers are collected."
    )
    held_poll_seconds: float = Field(
        default=0.0,
        ge=0,
        le=30,
        description="How long a Prefect worker's poll that finds nothing waits for a run to come; 0: not.",
    )
    dispatch_recheck_seconds: float = Field(
        default=2.0,
        gt=0,
        description="How often one of those who wait for runs looks unasked; they are woken when runs come.",
    )
    services_enabled: bool = Field(
        default=True,
        description="Run the loops beside the requests; False where other servers of the database do.",
    )
    server_record_seconds: float = Field(
        default=10.0, gt=0, description="How often a server enters itself in the list of servers."
    )
    server_retention_seconds: float = Field(
        default=3600.0, gt=0, description="How long a server that is not seen stays on the list."
    )
    liveness_loop_seconds: float = Field(
        default=15.0, gt=0, description="How often pools, queues and deployments are checked for silence."
    )
    work_queue_last_polled_timeout_seconds: float = Field(
        default=60.0, gt=0, description="A work queue not polled for this long is not ready."
    )
    deployment_last_polled_timeout_seconds: float = Field(
        default=60.0, gt=0, description="A deployment not polled for this long is not ready."
    )
    claim_lease_seconds: float = Field(
        default=90.0, gt=0, description="How long a claimed run stays with a worker that is not heard of."
    )
    claim_renewal_seconds: float = Field(
        default=15.0,
        gt=0,
        description="How often workers renew the leases of their runs; at least three times a lease.",
    )
    claim_grace_seconds: float = Field(
        default=30.0,
        ge=0,
        description="How long after its lease a run is kept back, for the worker to end its job.",
    )
    run_start_timeout_seconds: float = Field(
        default=600.0,
        gt=0,
        description="How long a run may be PENDING with a worker that renews no leases.",
    )
    run_silence_timeout_seconds: float = Field(
        default=600.0,
        gt=0,
        description="How long a run may give no sign of life with a worker that renews no leases.",
    )
    run_orphan_timeout_seconds: float = Field(
        default=240.0,
        gt=0,
        description="The same once its worker is offline or deleted; longer than flow heartbeats are apart.",
    )
    run_confirm_seconds: float = Field(
        default=45.0,
        gt=0,
        description="How long the runs of a process worker that says it stops have to show that they live.",
    )
    sign_of_life_record_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long signs of life of runs are collected before they are recorded.",
    )
    attempt_loop_seconds: float = Field(
        default=5.0, gt=0, description="How often it is looked for runs whose holders are silent."
    )
    lease_reaper_loop_seconds: float = Field(
        default=15.0, gt=0, description="How often the slots of expired leases are freed."
    )
    scheduler_enabled: bool = Field(default=True, description="Make the runs of schedules ahead.")
    scheduler_loop_seconds: float = Field(
        default=5.0, gt=0, description="How often it is looked for schedules that need more runs."
    )
    scheduler_deployment_batch_size: int = Field(
        default=100, ge=1, description="Deployments that are read at once for scheduling."
    )
    scheduler_min_runs: int = Field(default=3, ge=1, description="Runs every schedule has ahead.")
    scheduler_max_runs: int = Field(
        default=100, ge=1, le=1000, description="Most runs of one schedule that one pass makes."
    )
    scheduler_min_scheduled_time: timedelta = Field(
        default=timedelta(hours=1), description="How far ahead the runs of every schedule reach at least."
    )
    scheduler_max_scheduled_time: timedelta = Field(
        default=timedelta(days=100), description="How far ahead runs are made at most."
    )
    late_runs_enabled: bool = Field(default=True, description="Mark runs as Late that do not start.")
    late_runs_loop_seconds: float = Field(
        default=5.0, gt=0, description="How often it is looked for late runs."
    )
    late_runs_after_seconds: float = Field(
        default=15.0, ge=0, description="How long after its time a waiting run is late."
    )
    pause_expirations_enabled: bool = Field(
        default=True, description="Fail paused runs that nobody resumes in time."
    )
    pause_expirations_loop_seconds: float = Field(
        default=5.0, gt=0, description="How often it is looked for pauses that are over."
    )
    cancellation_cleanup_enabled: bool = Field(
        default=True, description="Finish cancels that nobody answers, and cancel what belongs to them."
    )
    cancellation_cleanup_loop_seconds: float = Field(
        default=20.0, gt=0, description="How often it is looked for cancels to finish."
    )
    cancelling_timeout_seconds: float = Field(
        default=300.0, ge=0, description="How long a worker has to confirm that a run was stopped."
    )
    event_relay_poll_seconds: float = Field(
        default=1.0, gt=0, description="How often new events and logs are looked for unasked."
    )
    event_retention_enabled: bool = Field(default=True, description="Delete old events.")
    event_retention_loop_seconds: float = Field(
        default=3600.0, gt=0, description="How often old events are deleted."
    )
    event_retention_period: timedelta = Field(
        default=timedelta(days=7), description="How long events are kept."
    )

    cleanup_lease_seconds: float = Field(
        default=30.0, gt=0, description="How long a worker has for cleanup that it was handed."
    )
    cleanup_max_delivery_attempts: int = Field(
        default=3, ge=1, description="How many times cleanup is handed out before it is given up."
    )
    cleanup_untaken_seconds: float = Field(
        default=3600.0, gt=0, description="How long cleanup waits for a worker before it is given up."
    )
    cleanup_lease_loop_seconds: float = Field(
        default=5.0, gt=0, description="How often cleanup is taken back from workers that are late with it."
    )

    worker_pruning_enabled: bool = Field(
        default=True, description="Forget workers that have been offline for long and hold no runs."
    )
    worker_pruning_loop_seconds: float = Field(
        default=300.0, gt=0, description="How often it is looked for workers to forget."
    )
    worker_retention_seconds: float = Field(
        default=86_400.0, gt=0, description="How long a worker that is not heard of stays on the list."
    )

    @property
    def lease_times(self) -> LeaseTimes:
        """How long an attempt may go on unheard of."""
        return LeaseTimes(
            claim_seconds=self.claim_lease_seconds,
            grace_seconds=self.claim_grace_seconds,
            start_seconds=self.run_start_timeout_seconds,
            silence_seconds=self.run_silence_timeout_seconds,
            orphan_seconds=self.run_orphan_timeout_seconds,
            confirm_seconds=self.run_confirm_seconds,
        )

    @model_validator(mode="after")
    def _three_renewals(self) -> Self:
        if self.claim_lease_seconds < 3 * self.claim_renewal_seconds:
            raise ValueError(
                f"A lease of {self.claim_lease_seconds:g} s is shorter than three renewals of"
                f" {self.claim_renewal_seconds:g} s: one lost answer would end healthy runs. Raise"
                " PENSTOCK_CLAIM_LEASE_SECONDS or lower PENSTOCK_CLAIM_RENEWAL_SECONDS."
            )
        return self

    @model_validator(mode="after")
    def _three_signs_of_life(self) -> Self:
        if self.run_confirm_seconds < 3 * self.sign_of_life_record_seconds:
            raise ValueError(
                f"{self.run_confirm_seconds:g} s are too short for runs to show that they live when signs of"
                f" life are recorded every {self.sign_of_life_record_seconds:g} s. Raise"
                " PENSTOCK_RUN_CONFIRM_SECONDS or lower PENSTOCK_SIGN_OF_LIFE_RECORD_SECONDS."
            )
        return self

    @model_validator(mode="after")
    def _default_database(self) -> Self:
        if not self.database_url:
            self.database_url = f"sqlite+aiosqlite:///{self.home / 'penstock.db'}"
        return self
