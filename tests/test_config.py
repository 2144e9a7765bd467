"""The model of the configuration."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from interceptor.config import Config


def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and all within it."""
    inner = [field.annotation for field in model.model_fields.values()]
    found = [model]
    for kind in inner:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += sections(kind)
    return found


@pytest.mark.parametrize("section", sections(Config), ids=lambda section: section.__name__)
def test_an_unknown_key_is_refused(section: type[BaseModel]) -> None:
    """In every section: a misspelt option is never silently without effect."""
    with pytest.raises(ValidationError, match="no_such_key"):
        section(no_such_key=1)


def test_secrets_are_in_no_repr_and_no_error() -> None:
    """Neither of a good configuration nor of a bad one."""
    secret = "s3cr3t-value"
    good = Config.model_validate(
        {
            "token": secret,
            "proxy": {"url": secret},
            "capture": {"password": secret},
            "ingest": {"tokens": [secret]},
        }
    )
    assert secret not in repr(good)
    assert secret not in str(good.model_dump())
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"token": [secret], "proxy": {"url": {"a": secret}}})
    assert secret not in str(caught.value)
