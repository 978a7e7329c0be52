"""Whether a log line fits a filter, decided in memory as the database would decide it."""

from collections.abc import Callable, Iterable

from penstock.schemas.core import Log
from penstock.schemas.filters import LogFilter, Operator
from penstock.server.database.filters.text_search import parse_text_query

Test = Callable[[Log], bool]


class LogMatcher:
    """A filter made ready to be asked about many lines."""

    def __init__(self, log_filter: LogFilter) -> None:
        self.filter = log_filter
        self._tests = list(_tests(log_filter))
        self._combine = any if log_filter.operator is Operator.or_ and self._tests else all

    def matches(self, log: Log) -> bool:
        """Return whether the line fits the filter."""
        return self._combine(test(log) for test in self._tests)


def _tests(asked: LogFilter) -> Iterable[Test]:
    if asked.level is not None:
        low, high = asked.level.ge_, asked.level.le_
        yield lambda log: (low is None or log.level >= low) and (high is None or log.level <= high)
    if asked.timestamp is not None:
        first, last = asked.timestamp.bounds()
        yield (
            lambda log: (first is None or log.timestamp >= first) and (last is None or log.timestamp <= last)
        )
    if asked.flow_run_id is not None and asked.flow_run_id.any_ is not None:
        flow_runs = frozenset(asked.flow_run_id.any_)
        yield lambda log: log.flow_run_id in flow_runs
    if asked.task_run_id is not None and asked.task_run_id.any_ is not None:
        task_runs = frozenset(asked.task_run_id.any_)
        yield lambda log: log.task_run_id in task_runs
    if asked.task_run_id is not None and asked.task_run_id.is_null_ is not None:
        wanted = asked.task_run_id.is_null_
        yield lambda log: (log.task_run_id is None) is wanted
    if asked.text is not None:
        yield _text_test(asked.text.query)


def _text_test(query: str) -> Test:
    asked = parse_text_query(query)
    wanted, required, excluded = (
        [term.casefold() for term in terms] for terms in (asked.wanted, asked.required, asked.excluded)
    )

    def test(log: Log) -> bool:
        text = f"{log.name}\n{log.message}".casefold()
        return (
            (not wanted or any(term in text for term in wanted))
            and all(term in text for term in required)
            and not any(term in text for term in excluded)
        )

    return test
