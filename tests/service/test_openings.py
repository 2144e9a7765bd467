"""Words, routes and documents of the operator: read, or refused in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from interceptor.config import Metadata
from interceptor.errors import UsageError
from interceptor.service import openings

if TYPE_CHECKING:
    from pathlib import Path


def test_documents_open_their_paths(tmp_path: Path) -> None:
    """OpenAPI 3 in YAML and 2 in JSON, with what their servers put before."""
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.0.0\nservers: [{url: 'https://x/v1'}]\npaths:\n  /kyczq/{id}: {}\n"
    )
    (tmp_path / "b.json").write_text('{"swagger": "2.0", "basePath": "/v2", "paths": {"/zq": {}}}')
    templates = openings.templates(Metadata(openapi=(tmp_path,)))
    assert templates.template("s", "/v1/kyczq/7") == "/v1/kyczq/{id}"
    assert templates.template("s", "/v2/zq") == "/v2/zq"


@pytest.mark.parametrize("text", ["", "[", "a: 1", "paths: {}", "{", '{"openapi": "3"}'])
def test_a_bad_document_is_one_line(tmp_path: Path, text: str) -> None:
    """That names the file."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"a\.yaml") as caught:
        openings.routes(Metadata(openapi=(path,)))
    assert "\n" not in str(caught.value)
