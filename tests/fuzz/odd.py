"""Requests that no description of an API leads to: odd values in each place of each operation."""

import json
import re
import string
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from schemathesis.schemas import APIOperation

from tests.fuzz.bodies import Bodies, path_to_something
from tests.fuzz.servers import NO_ID, Sent

JSON_TYPE = {"content-type": "application/json"}

NOISE = "".join(Random(1).choices(string.ascii_lowercase + string.digits, k=9000))
"""Text that does not get shorter by compression: too long for an entry of an index."""

TEXTS = [r'""', r'" "', r'"%"', r'"\u0000"', r'"a\u0000b"', r'"\ud800"', r'"\udc00\ud800"', r'"\ufffe\uffff"']
LONG_TEXTS = [f'"{NOISE}"', f'"{"x" * 70_000}"']
LISTS = ["[]", "[null]", "[[]]", r'["\u0000"]', json.dumps(["a"] * 33_000), json.dumps([NO_ID] * 33_000)]
OBJECTS = ["{}", r'{"\u0000": 1}', r'{"a": "\u0000"}', '{"a": 1, "a": 2, "a": []}']
FILTERS = ['{"any_": []}', r'{"any_": ["\u0000"]}', r'{"like_": "\u0000"}']
INTEGERS = ["0", "-1", "2147483648", "-2147483649", "9223372036854775808", "-9223372036854775809", "9" * 400]
FLOATS = ["1.5", "-0.0", "1e400", "-1e308", "1e-400", "NaN", "Infinity", "-Infinity", '"1e400"', '"NaN"']
FIRST_TIMES = ['"0001-01-01T00:00:00Z"', '"0001-01-01T00:00:00+14:00"', '"0000-01-01T00:00:00Z"']
LAST_TIMES = ['"9999-12-31T23:59:59.999999Z"', '"9999-12-31T23:59:59-14:00"', '"99999-01-01T00:00:00Z"']
OTHERS = ["null", "true", '"P1D"', f'"{NO_ID}"', f'"{"F" * 32}"']
DEEP = ["[" * 150 + "]" * 150, '{"a":' * 150 + "1" + "}" * 150]
NOT_UTF8 = [b'"\xff"', b'"\xed\xa0\x80"']

WRITTEN = [
    *TEXTS,
    *LONG_TEXTS,
    *LISTS,
    *OBJECTS,
    *FILTERS,
    *INTEGERS,
    *FLOATS,
    *FIRST_TIMES,
    *LAST_TIMES,
    *OTHERS,
]
VALUES = [*(text.encode() for text in (*WRITTEN, *DEEP)), *NOT_UTF8]
"""As they stand in a body; some are no JSON."""

SHORT_BODIES = [b"", b" ", b"{", b"{}{}", b"null", b"[]", b"1", b'"x"', b'{"name": "a", "name": "b"}']
BROKEN_BODIES = [b"\xff\xfe\x00", b'{"\xff": 1}', b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 5000]
OTHER_TYPES = [
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "garbage",
    "",
]
JSON_TYPES = ["application/json; charset=utf-16", "application/json;", "application/merge-patch+json"]

SEGMENTS = [
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%F0%9F%8E%88",
    "%25",
    "'",
    "%0a",
    "..",
    "%2e%2e%2f",
    "%e2%80%ae",
]
QUERY_VALUES = [
    "",
    "%00",
    "%ff",
    "%ed%a0%80",
    "9223372036854775808",
    "-1",
    "1" + "0" * 400,
    "NaN",
    "true",
    NOISE,
]
QUERY_TIMES = ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999Z"]
STRANGE_QUERY = "?%00=1&%ff=1&limit=9223372036854775808&offset=99999999999999999999"

MARK = b'"@here@"'


def odd_requests(operation: APIOperation) -> Iterator[Callable[[], Sent]]:
    """Return what makes each of the odd requests of an operation: there are many, and some are long."""
    bodies = Bodies(operation)
    method, target = operation.method.upper(), path_to_something(operation.path)
    plain = None if bodies.schema is None else json.dumps(bodies.smallest()).encode()
    headers = {} if plain is None else JSON_TYPE
    for name in re.findall(r"\{(\w+)", operation.path):
        for segment in (*SEGMENTS, "9223372036854775808", NOISE):
            odd_path = path_to_something(operation.path, **{name: segment})
            yield partial(Sent, method, odd_path, plain, headers)
    for one in operation.query:
        for value in (*QUERY_VALUES, *QUERY_TIMES):
            yield partial(Sent, method, f"{target}?{one.name}={value}", plain, headers)
    yield partial(Sent, method, target + STRANGE_QUERY, plain, headers)
    if plain is not None:
        yield from _odd_bodies(bodies, method, target, plain)


def _odd_bodies(bodies: Bodies, method: str, target: str, plain: bytes) -> Iterator[Callable[[], Sent]]:
    for body in (*SHORT_BODIES, *BROKEN_BODIES):
        yield partial(Sent, method, target, body, JSON_TYPE)
    for content_type in (*OTHER_TYPES, *JSON_TYPES):
        yield partial(Sent, method, target, plain, {"content-type": content_type})

    def with_value(body: bytes, value: bytes) -> Sent:
        return Sent(method, target, body.replace(MARK, value), JSON_TYPE)

    for place in bodies.places():
        body = json.dumps(bodies.with_value(place, "@here@")).encode()
        for value in VALUES:
            yield partial(with_value, body, value)
