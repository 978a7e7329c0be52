"""Examining the database: does everything hold that should (``GET /admin/doctor``).

- ``check``: what a check is. One check is one question, answered by one statement where it can be.
- ``limits``, ``overrides``: no limit is exceeded but on purpose.
- ``attempts``: every run that somebody has is held, and nobody holds another.
- ``leases``: slots of deployments and cleanup are lent to those who are still there.
- ``pools``: queues, priorities, runs that no queue has.
- ``histories``: runs agree with their histories and their parents.
- ``examination``: all checks, one after the other.
"""

from penstock.server.models.doctor.examination import CHECKS, QUICK_CHECKS, examine

__all__ = ["CHECKS", "QUICK_CHECKS", "examine"]
