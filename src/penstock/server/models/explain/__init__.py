"""Why a run is not running (``GET /flow_runs/{id}/explain``).

- ``situation``: the run with all that stands over it, read once.
- ``workers``, ``holders``, ``ahead``, ``durations``: further facts, each by one bounded statement.
- ``reasons``: one function for each reason, in the order in which they stand in the way.
- ``estimate``: when the run will start, where there is something to judge it by.
"""

from penstock.server.models.explain.explanation import explain_flow_run

__all__ = ["explain_flow_run"]
