"""Every operation of the OpenAPI, with requests that fit its description, miss it, or are plainly odd."""

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from penstock.server.api.routes import NOUNS
from tests.fuzz.cases import operations, requests
from tests.fuzz.odd import odd_requests
from tests.fuzz.seeds import Seeder
from tests.fuzz.servers import Sent, Servers

PARTS = 3
MADE_UP, ODD = (3, 40), (5, 200)
"""How many requests of a kind each operation gets, in the short form and in the long one."""
SOCKETS = {"/events/in", "/events/out", "/logs/out", "/work_pools/{work_pool_name}/workers/connect"}


def removes(label: str) -> bool:
    return label.startswith("DELETE") or label.endswith("bulk_delete")


def by_removal(label: str) -> tuple[bool, int]:
    """Sort what removes things last, and the least of them first: pools and flows take others with them."""
    return removes(label), -label.count("/")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_breaks_a_server(servers: Servers, part: int, is_long: bool) -> None:
    seeder = Seeder(servers)
    seeder.worlds(2)
    answers: Counter[int] = Counter()
    for label in sorted(list(operations())[part::PARTS], key=by_removal):
        if removes(label) and is_long:
            seeder.worlds(1)
        send_made_up(servers, label, MADE_UP[is_long], answers)
        found = list(odd_requests(operations()[label]))
        for make in Random(label).sample(found, min(ODD[is_long], len(found))):
            servers.send(make())

    # If most were refused, this would say little.
    assert answers[2] > 0.3 * answers.total(), answers


def send_made_up(servers: Servers, label: str, count: int, answers: Counter[int]) -> None:
    # What is sent changes what the next request finds, so that there is nothing to shrink.
    @given(requests(operations()[label]))
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(sent: Sent) -> None:
        answers[servers.send(sent).status_code // 100] += 1

    send()


def test_every_route_is_driven_except_the_sockets() -> None:
    routes = [route for noun in NOUNS for route in noun.router.routes]
    made = {
        f"{method} /api{re.sub(r':[a-z]+}', '}', route.path)}"
        for route in routes
        for method in getattr(route, "methods", [])
    }

    assert made == set(operations())
    assert {route.path for route in routes if not hasattr(route, "methods")} == SOCKETS
