"""What is read of the API's objects."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interceptor.kubernetes.objects import NoListError, Resource, change, page
from tests.support import objects as k8s


@pytest.mark.parametrize("resource", Resource)
def test_an_empty_list_may_be_null(resource: Resource) -> None:
    """As Go writes it."""
    for items in ("", ',"items":null', ',"items":[]'):
        found = page(resource, b'{"kind":"L","metadata":{"resourceVersion":"7"}%b}' % items.encode())
        assert found == ((), "7", "", 0)


def test_a_page_says_where_the_next_one_is() -> None:
    """And how many there are behind it."""
    text = json.dumps(
        {
            "metadata": {"resourceVersion": "7", "continue": "abc", "remainingItemCount": 9},
            "items": [k8s.pod("p", "10.64.0.1")],
        }
    )
    found = page(Resource.PODS, text.encode())
    assert (found.objects[0].metadata.name, found[1:]) == ("p", ("7", "abc", 9))


def test_lines_of_a_watch() -> None:
    """Changes, a bookmark, and an error inside of a 200."""
    pod = json.dumps(k8s.pod("p", "10.64.0.1"))
    for written, kind in (("ADDED", "changed"), ("MODIFIED", "changed"), ("DELETED", "deleted")):
        assert change(Resource.PODS, f'{{"type":"{written}","object":{pod}}}'.encode())[:2] == (kind, "1")
    bookmark = b'{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12"},"spec":{"containers":null}}}'
    assert change(Resource.PODS, bookmark)[:3] == ("bookmark", "12", None)
    gone = b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}'
    assert change(Resource.PODS, gone) == ("error", "", None, 410, "Expired")


@given(
    st.binary(max_size=60)
    | st.from_regex(rb'\{"type":"(ADDED|BOOKMARK|ERROR)","object":.*\}', fullmatch=True)
)
def test_whatever_else_comes_is_one_error(text: bytes) -> None:
    """Never another exception."""
    for read in (page, change):
        with suppress(NoListError):
            read(Resource.PODS, text)
