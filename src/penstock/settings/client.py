"""Settings of everything that talks to a server over HTTP."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ClientSettings(BaseSettings):
    """Which server to talk to. Environment variables have the prefix ``PENSTOCK_``."""

    model_config = SettingsConfigDict(env_prefix="PENSTOCK_", extra="ignore")

    api_url: str = Field(default="http://127.0.0.1:4200/api", description="Address of the server's REST API.")
    api_timeout_seconds: float = Field(default=30.0, gt=0, description="How long one request may take.")
