"""Typed settings, one file for each part that reads them.

Read at composition roots only (``create_app``, the CLI); everything below is handed values.
"""

from penstock.settings.client import ClientSettings
from penstock.settings.server import ServerSettings
from penstock.settings.worker import WorkerSettings

__all__ = ["ClientSettings", "ServerSettings", "WorkerSettings"]
