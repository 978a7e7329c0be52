"""Models are made when they are first used, each once."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from pydantic import BaseModel, TypeAdapter

from penstock import schemas
from penstock.schemas.foundations import LateModel
from penstock.schemas.lists import list_of


def _models() -> set[type[BaseModel]]:
    names = [module.name for module in pkgutil.walk_packages(schemas.__path__, "penstock.schemas.")]
    found = [inspect.getmembers(import_module(name), inspect.isclass) for name in names]
    return {
        one
        for members in found
        for _, one in members
        if one.__module__ in names and issubclass(one, BaseModel)
    }


@pytest.mark.parametrize("model", sorted(_models(), key=str))
def test_every_schema_is_a_late_model(model: type[BaseModel]) -> None:
    assert issubclass(model, LateModel)


class Wheel(LateModel):
    spokes: int


class Cart(LateModel):
    wheels: list[Wheel]
    behind: "Cart | None" = None


def test_a_model_is_made_by_its_first_value() -> None:
    class Late(LateModel):
        number: int

    assert not Late.__pydantic_complete__
    assert Late.model_validate({"number": 1}).number == 1
    assert Late.__pydantic_complete__


@pytest.mark.parametrize("kind", ["model", "adapter", "list"])
def test_what_a_model_consists_of_is_made_with_it(kind: str) -> None:
    class Inner(LateModel):
        number: int

    class Outer(LateModel):
        inner: Inner

    value = {"inner": {"number": 1}}
    if kind == "model":
        made = Outer.model_validate(value)
    elif kind == "adapter":
        made = TypeAdapter(Outer).validate_python(value)
    else:
        made = list_of(Outer).validate_python([value])[0]
    assert made == Outer(inner=Inner(number=1))
    assert Outer.__pydantic_complete__
    assert Inner.__pydantic_complete__


def test_a_model_may_consist_of_itself() -> None:
    cart = Cart.model_validate({"wheels": [{"spokes": 8}], "behind": {"wheels": []}})
    assert cart == Cart(wheels=[Wheel(spokes=8)], behind=Cart(wheels=[]))
    assert list_of(Cart).dump_python([cart])[0] == cart.model_dump()
