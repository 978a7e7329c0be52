"""What runs beside the requests: loops and recorders, one file for each job."""

from penstock.server.services.base import Service
from penstock.server.services.liveness import Liveness
from penstock.server.services.poll_recorder import PollRecorder

__all__ = ["Liveness", "PollRecorder", "Service"]
