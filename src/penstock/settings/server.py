"""Settings of the server process."""

from pathlib import Path
from typing import Self

from platformdirs import user_data_path
from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    liveness_loop_seconds: float = Field(
        default=15.0, gt=0, description="How often pools, queues and deployments are checked for silence."
    )
    work_queue_last_polled_timeout_seconds: float = Field(
        default=60.0, gt=0, description="A work queue not polled for this long is not ready."
    )
    deployment_last_polled_timeout_seconds: float = Field(
        default=60.0, gt=0, description="A deployment not polled for this long is not ready."
    )

    @model_validator(mode="after")
    def _default_database(self) -> Self:
        if not self.database_url:
            self.database_url = f"sqlite+aiosqlite:///{self.home / 'penstock.db'}"
        return self
