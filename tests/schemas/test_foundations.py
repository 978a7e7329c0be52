import inspect

import pytest
from pydantic import BaseModel, ValidationError

from penstock.schemas import actions, core, filters, responses, states
from penstock.schemas.foundations import ActionModel

EVERY_MODEL = sorted(
    {
        member
        for package in (actions, core, filters, responses, states)
        for _, member in inspect.getmembers(package, inspect.isclass)
        if issubclass(member, BaseModel)
    },
    key=lambda model: f"{model.__module__}.{model.__name__}",
)


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_every_schema_can_be_described(model: type[BaseModel]) -> None:
    assert model.model_json_schema(mode="validation")["type"] == "object"
    assert model.model_json_schema(mode="serialization")["type"] == "object"


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_nothing_but_an_object_is_taken(model: type[BaseModel]) -> None:
    for body in ([], "text", 5, None, True, [["name", "x"]]):
        with pytest.raises(ValidationError):
            model.model_validate(body)


@pytest.mark.parametrize("model", [model for model in EVERY_MODEL if issubclass(model, ActionModel)])
def test_actions_refuse_unknown_keys(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="colour"):
        model.model_validate({"colour": "red"})
