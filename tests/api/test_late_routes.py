"""Late routes are FastAPI's own routes, looked at when they are first asked."""

from collections.abc import Iterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header
from fastapi.routing import APIRoute
from pydantic import BaseModel

from penstock.server.api.late_routes import LateRoute, below


class Mill(BaseModel):
    name: str


async def who(x_who: Annotated[str | None, Header()] = None) -> str | None:
    return x_who


async def read_mill(mill: str, turns: int = 1) -> dict[str, int]:
    """Read a mill."""
    return {mill: turns}


async def create_mill(
    mill: Annotated[Mill, Body(embed=True)], name: Annotated[str | None, Depends(who)]
) -> Mill:
    return Mill(name=name or mill.name)


async def delete_mill(mill: str) -> None: ...


def _app(route_class: type[APIRoute]) -> FastAPI:
    mills = APIRouter(prefix="/mills", tags=["Mills"], route_class=route_class)
    mills.get("/{mill}")(read_mill)
    mills.post("/", status_code=201)(create_mill)
    mills.delete("/{mill}", status_code=204)(delete_mill)
    outer = APIRouter(prefix="/api", dependencies=[Depends(who)], strict_content_type=False)
    if route_class is LateRoute:
        outer.routes.extend(below(outer, mills))
    else:
        outer.include_router(mills)
    app = FastAPI()
    app.router.routes.extend(outer.routes)
    return app


def _late(app: FastAPI) -> Iterator[LateRoute]:
    return (route for route in app.routes if isinstance(route, LateRoute))


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


def test_they_are_described_in_the_same_way() -> None:
    assert _app(LateRoute).openapi() == _app(APIRoute).openapi()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/mills/a", None),
        ("GET", "/api/mills/a?turns=3", None),
        ("GET", "/api/mills/a?turns=x", None),
        ("GET", "/mills/a", None),
        ("GET", "/api/mills/", None),
        ("GET", "/api/mills", None),
        ("POST", "/api/mills/", '{"mill": {"name": "a"}}'),
        ("POST", "/api/mills/", '{"mill": {"name": 1}}'),
        ("POST", "/api/mills/", '{"name": "a"}'),
        ("POST", "/api/mills/", None),
        ("DELETE", "/api/mills/a", None),
        ("PUT", "/api/mills/a", None),
    ],
)
async def test_they_answer_in_the_same_way(method: str, path: str, body: str | None) -> None:
    answers = []
    for route_class in (LateRoute, APIRoute):
        async with _client(_app(route_class)) as client:
            answer = await client.request(method, path, content=body)
        answers.append((answer.status_code, answer.headers, answer.content))
    assert answers[0] == answers[1]


async def test_only_the_one_that_is_asked_is_looked_at() -> None:
    app = _app(LateRoute)
    async with _client(app) as client:
        assert (await client.get("/api/mills/a")).json() == {"a": 1}
    assert [route.name for route in _late(app) if "dependant" in vars(route)] == ["read_mill"]


async def test_a_route_that_is_not_late_is_refused() -> None:
    with pytest.raises(TypeError):
        list(below(APIRouter(), APIRouter(routes=[APIRoute("/", read_mill)])))
