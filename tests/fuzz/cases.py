"""The requests that schemathesis makes up from the OpenAPI, with things that exist put into most of them."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.schemas import APIOperation

from penstock.server.app import create_app
from penstock.settings import ServerSettings
from tests.fuzz.servers import Sent, kind_of_path, known

UUID = re.compile(r"[0-9a-fA-F-]{32,36}")
KIND_OF_ID = {
    "parent_task_run_id": "task_run",
    "block_document_id": "block_document",
    "default_result_storage_block_id": "block_document",
    "global_concurrency_limit_id": "concurrency_limit",
    "lease_id": "lease",
    "id_or_name": "concurrency_limit",
}
NAMES = {
    "work_pool_name": ["pool-0", "pool-1"],
    "work_queue_name": ["queue", "default"],
    "worker_name": ["worker"],
    "flow_name": ["flow-0", "flow-1"],
    "deployment_name": ["deployment-0", "deployment-1"],
    "tag": ["tag-0", "tag-1"],
    "tags": ["tag", "other"],
    "slug": ["block-0", "block-1", "daily"],
    "block_document_name": ["document-0", "document-1"],
    "key": ["key-0", "artifact-0"],
    "countable": ["day", "event", "resource"],
    "view": ["aggregate-worker-metadata"],
    "names": ["limit-0", "limit-1", "tag-0"],
    "work_queue_names": ["queue", "default"],
    "name": ["pool-0", "queue", "flow-0", "deployment-0", "variable-0", "limit-0", "tagged-0", "Block 0"],
}
FAMILIES = {"flows", "flow_runs", "task_runs", "deployments", "artifacts", "block_documents", "block_types",
            "block_schemas", "work_pools", "work_queues", "variables"}  # fmt: skip


def kind_of_id(key: str, kind: str) -> str:
    """Return what an id under this key belongs to; ``kind`` where the key does not say."""
    name = key.removesuffix("s")
    return KIND_OF_ID.get(key) or (name.removesuffix("_id") if name.endswith("_id") else kind)


@cache
def operations() -> dict[str, APIOperation]:
    """Return all operations of the OpenAPI by method and path."""
    app = create_app(ServerSettings(database_url="sqlite+aiosqlite:///unused.db"))
    schema = schemathesis.openapi.from_dict(app.openapi())
    found = [result.ok() for result in schema.get_all_operations()]
    return {operation.label: operation for operation in found}


def requests(operation: APIOperation) -> st.SearchStrategy[Sent]:
    """Return the requests of an operation: those that fit its description and those that do not."""
    modes = [GenerationMode.POSITIVE]
    # What is only text can't be wrong.
    if operation.body or any("uuid" in str(one.definition) for one in operation.path_parameters):
        modes.append(GenerationMode.NEGATIVE)
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
    return st.builds(_request, cases, st.data())


def _request(case: Case, data: st.DataObject) -> Sent:
    kind = kind_of_path(case.path)
    path = case.path
    for name, value in case.path_parameters.items():
        path = path.replace(f"{{{name}}}", quote(_put_in(str(value), name, kind, data, odds=7), safe=""))
    query = {name: _put_in(value, name, kind, data, odds=4) for name, value in case.query.items()}
    target = f"{path}?{urlencode(query, doseq=True, errors='replace')}" if query else path
    headers = {}
    if case.headers and data.draw(st.integers(0, 15)) == 0:  # another version ends most requests early
        headers = {name: str(value) for name, value in case.headers.items()}
    if case.body is NOT_SET:
        return Sent(case.method, target, None, headers)
    content = json.dumps(_put_in(case.body, "", kind, data, odds=4), default=str).encode()
    return Sent(case.method, target, content, {**headers, "content-type": "application/json"})


def _put_in(value: Any, key: str, kind: str, data: st.DataObject, *, odds: int) -> Any:
    """Return the value with ids and names of things that exist in some places: ``odds`` of 8."""
    if isinstance(value, dict):
        return {
            name: _put_in(item, name, name[:-1] if name in FAMILIES else kind, data, odds=odds)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_put_in(item, key, kind, data, odds=odds) for item in value]
    if not isinstance(value, str):
        return value
    choices = NAMES.get(key, [])
    if UUID.fullmatch(value) or key == "id_or_name":
        choices = [known(kind_of_id(key, kind), number) for number in (0, 1, 2, 3, "new")]
    if choices and data.draw(st.integers(0, 7)) < odds:
        return data.draw(st.sampled_from(choices))
    return value
