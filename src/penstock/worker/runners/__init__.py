"""How the job of a run is started. A runner knows nothing of servers, runs or states."""

from penstock.worker.runners.base import Job, JobOutput, JobPlan, JobStartError, Runner
from penstock.worker.runners.process import ProcessJob, ProcessRunner

__all__ = ["Job", "JobOutput", "JobPlan", "JobStartError", "ProcessJob", "ProcessRunner", "Runner"]
