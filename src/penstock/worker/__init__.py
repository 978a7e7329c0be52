"""The worker: claims runs of a work pool and carries each out as a process; it talks HTTP only.

From a claim to a result: ``loop`` claims, ``crew`` holds what was claimed, ``execution`` starts the job
through ``runners`` and follows it, ``held_run`` talks to the server about it, ``logs`` ships its output.
"""

from penstock.worker.naming import default_worker_name
from penstock.worker.start import run_worker
from penstock.worker.worker import Worker

__all__ = ["Worker", "default_worker_name", "run_worker"]
