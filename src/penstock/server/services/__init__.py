"""What runs beside the requests: loops and recorders, one file for each job."""

from penstock.server.services.base import Service
from penstock.server.services.cancellation_cleanup import CancellationCleanup
from penstock.server.services.cleanup_dispatcher import CleanupDispatcher, CleanupReceiver
from penstock.server.services.cleanup_leases import CleanupLeases
from penstock.server.services.counters import Counters
from penstock.server.services.event_intake import EventIntake
from penstock.server.services.event_relay import EventRelay, LiveEvent
from penstock.server.services.event_retention import EventRetention
from penstock.server.services.expired_attempts import ExpiredAttempts
from penstock.server.services.heartbeat_recorder import HeartbeatRecorder
from penstock.server.services.kept_counts import KeptCounts
from penstock.server.services.late_runs import LateRuns
from penstock.server.services.lease_reaper import LeaseReaper
from penstock.server.services.liveness import Liveness
from penstock.server.services.log_relay import LiveLog, LogRelay
from penstock.server.services.metrics import Metrics
from penstock.server.services.pause_expirations import PauseExpirations
from penstock.server.services.poll_recorder import PollRecorder
from penstock.server.services.presence import Presence
from penstock.server.services.recorder import Recorder
from penstock.server.services.relay import Subscription
from penstock.server.services.scheduler import Scheduler
from penstock.server.services.shown_runs import ShownRuns
from penstock.server.services.signs_of_life import LifeLine, SignsOfLife
from penstock.server.services.standing import Standing
from penstock.server.services.traffic import Traffic
from penstock.server.services.waiting_room import WaitingRoom
from penstock.server.services.worker_pruning import WorkerPruning

__all__ = [
    "CancellationCleanup",
    "CleanupDispatcher",
    "CleanupLeases",
    "CleanupReceiver",
    "Counters",
    "EventIntake",
    "EventRelay",
    "EventRetention",
    "ExpiredAttempts",
    "HeartbeatRecorder",
    "KeptCounts",
    "LateRuns",
    "LeaseReaper",
    "LifeLine",
    "LiveEvent",
    "LiveLog",
    "Liveness",
    "LogRelay",
    "Metrics",
    "PauseExpirations",
    "PollRecorder",
    "Presence",
    "Recorder",
    "Scheduler",
    "Service",
    "ShownRuns",
    "SignsOfLife",
    "Standing",
    "Subscription",
    "Traffic",
    "WaitingRoom",
    "WorkerPruning",
]
