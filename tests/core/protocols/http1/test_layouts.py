"""Facts about layouts: taking a head apart, and the pattern that does it faster to the same effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from interceptor.core.model import Anomaly
from interceptor.core.protocols.http1 import layouts
from interceptor.core.protocols.http1.layouts import Layout, Layouts
from tests.support.examples import examples

if TYPE_CHECKING:
    from interceptor.core.protocols.http1.layouts import Head

OFTEN = layouts._WORTH_A_PATTERN
MANY = 10_000
"""Names kept, where their number is not what is tested."""

Understood = tuple[list[bytes], int, dict[str, object], set[Anomaly]]


def find(known: Layouts, head: bytes, before: Layout | None = None, *, prefix: bytes = b"") -> Head | None:
    """Look for a head that begins after `prefix`, the way the request parser does."""
    buffer = prefix + head
    return known.find(before or known.start, head[:4], buffer, len(prefix), len(buffer))


def understood(head: Head | None, offset: int = 0) -> Understood | None:
    """All that a head says, without what says how it was found out."""
    if head is None:
        return None
    texts, after, layout, anomalies = head
    says: dict[str, object] = {
        "names": layout.names,
        "anomalies": layout.anomalies,
        "repeated": layout.repeated,
        "wanted": layout.wanted,
    }
    for attribute in layouts._WANTED.values():
        says[attribute] = getattr(layout, attribute)
    return list(texts), after - offset, says, anomalies or set()


def plain(head: bytes, most_names: int = MANY) -> tuple[tuple[str, ...], set[Anomaly]]:
    """Names and anomalies of a head, the line ends' and the names' together."""
    found = find(Layouts(most_names), head)
    assert found is not None
    return found[2].names, set(found[2].anomalies) | (found[3] or set())


def warmed(head: bytes, times: int = OFTEN + 2) -> Layouts:
    """What has seen a head so often that its layout has a pattern, if it can have one."""
    known = Layouts(MANY)
    for _ in range(times):
        find(known, head)
    return known


# What a head says


@pytest.mark.parametrize(
    ("lines", "names", "anomalies"),
    [
        ([], (), set()),
        ([b"Host: a"], ("host",), set()),
        ([b"HOST:a", b"hOsT: b", b"X-1:"], ("host", "host", "x-1"), set()),
        ([b"!#$%&'*+-.^_`|~0aZ: every token character"], ("!#$%&'*+-.^_`|~0az",), set()),
        ([b"Host : a"], ("host",), {Anomaly.SPACE_BEFORE_COLON}),
        ([b"Host\t: a"], ("host",), {Anomaly.SPACE_BEFORE_COLON}),
        ([b"Ho st: a"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b"H\xf6st: a"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b"Ho\x00st: a"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b'"Host": a'], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b": a"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b"no colon at all"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b"Host"], ("{invalid}",), {Anomaly.INVALID_HEADER}),
        ([b"X: a\rb"], ("x",), {Anomaly.BARE_CR}),
        ([b"X\r: a"], ("{invalid}",), {Anomaly.BARE_CR, Anomaly.INVALID_HEADER}),
        ([b"X: a\r"], ("x",), {Anomaly.BARE_CR}),
        ([b"X: a", b" b", b"\tc: d", b"Y: e"], ("x", "y"), {Anomaly.OBS_FOLD}),
        ([b" X: a", b"Y: b"], ("{invalid}", "y"), {Anomaly.OBS_FOLD, Anomaly.INVALID_HEADER}),
        ([b"X: a", b"  "], ("x",), {Anomaly.OBS_FOLD}),
    ],
)
def test_a_head_says_its_names(lines: list[bytes], names: tuple[str, ...], anomalies: set[Anomaly]) -> None:
    """Names are lower-case tokens in their order; what is none has a name that no token can have."""
    head = b"\r\n".join([b"GET / HTTP/1.1", *lines, b"", b""])
    assert plain(head) == (names, anomalies)


@pytest.mark.parametrize(
    ("head", "anomalies"),
    [
        (b"A\r\nB: c\r\n\r\n", set()),
        (b"A\nB: c\n\n", {Anomaly.LF_ONLY}),
        (b"A\r\nB: c\n\r\n", {Anomaly.LF_ONLY}),
        (b"A\nB: c\r\n\r\n", {Anomaly.LF_ONLY}),
        (b"A\r\nB: c\r\n\n", {Anomaly.LF_ONLY}),
        (b"A\r\nB: c\n\nD: e\r\n\r\n", {Anomaly.LF_ONLY}),
        (b"A\r\r\nB: c\r\n\r\n", {Anomaly.BARE_CR}),
        (b"A\r\nB: \rc\n\r\n", {Anomaly.BARE_CR, Anomaly.LF_ONLY}),
    ],
)
def test_a_line_may_end_with_a_bare_lf(head: bytes, anomalies: set[Anomaly]) -> None:
    """A bare LF ends a line, and two an otherwise regular head; a bare CR ends nothing."""
    names, found = plain(head)
    assert (names, found) == (("b",), anomalies)


def test_a_head_ends_after_its_empty_line() -> None:
    """The offset is the first byte of what follows, wherever in the buffer the head begins."""
    head = b"A\r\nHost: b\r\n\r\n"
    known = Layouts(MANY)
    for _ in range(OFTEN + 2):
        found = find(known, head + b"body\r\n\r\n", prefix=b"before\r\n\r\n")
        assert found is not None
        assert found[1] == 10 + len(head)


@pytest.mark.parametrize("head", [b"A\r\nB: c\r\n\r\n", b"A\nB: c\n\n", b"A\r\nB: c\n\r\n", b"A\r\n\r\n"])
@pytest.mark.parametrize("often", [1, OFTEN + 2])
def test_a_head_is_found_when_it_is_whole(head: bytes, often: int) -> None:
    """No beginning of a head is a head, and nothing behind `stop` is looked at."""
    known = warmed(head, often)
    for stop in range(len(head)):
        assert known.find(known.start, head[:4], head, 0, stop) is None
    assert known.find(known.start, head[:4], head, 0, len(head)) is not None


def test_a_folded_line_goes_on_with_the_one_before() -> None:
    """The pieces of a folded value are joined with one space (RFC 9112 section 5.2)."""
    found = find(Layouts(MANY), b"A\r\nContent-Length:\r\n \t1\r\n\t2 \r\nHost: b\r\n\r\n")
    assert found is not None
    assert found[0][found[2].content_length].strip() == b"1 2"
    assert found[0][found[2].host] == b" b"


def test_a_fold_before_the_first_field_is_no_field_of_its_spelling() -> None:
    """` Content-Length: 5` after the start line gives no length."""
    found = find(Layouts(MANY), b"A\r\n Content-Length: 5\r\n\r\n")
    assert found is not None
    assert found[2].content_length == 0


def test_more_values_of_a_field_are_kept_apart() -> None:
    """The first value stands where the layout says; the others are `further`."""
    found = find(Layouts(MANY), b"A\r\nHost:a\r\nX:1\r\nhost:b\r\nContent-Length:3\r\nHOST:c\r\n\r\n")
    assert found is not None
    texts, _, layout, _ = found
    assert texts[layout.host] == b"a"
    assert layout.further("host", texts) == [b"b", b"c"]
    assert layout.further("content_length", texts) == []
    assert texts[0] == b"A"


@pytest.mark.parametrize(("lines", "kept"), [(2, 2), (3, 3), (4, 3), (5_000, 3)])
def test_names_beyond_the_limit_are_not_kept(lines: int, kept: int) -> None:
    """So many names are kept; what matters is read from all lines."""
    head = b"A\r\n" + b"X: y\r\n" * (lines - 1) + b"Content-Length: 7\r\n\r\n"
    found = find(Layouts(3), head)
    assert found is not None
    texts, _, layout, _ = found
    assert len(layout.names) == kept
    assert (Anomaly.TOO_MANY_HEADERS in layout.anomalies) == (lines > 3)
    assert texts[layout.content_length] == b" 7"


@given(head=st.binary(max_size=200))
@examples(1_000)
def test_names_are_tokens_only(head: bytes) -> None:
    """Whatever the bytes: a name is a lower-case token of ASCII, or says that it is none."""
    found = find(Layouts(MANY), b"A\r\n" + head + b"\r\n\r\n")
    assert found is not None
    for name in found[2].names:
        token = name.encode("ascii")
        assert name == "{invalid}" or (layouts._FIELD_NAME.fullmatch(token) and name == name.lower())


# The pattern

FIELDS = [*layouts._WANTED, "Host", "CONTENT-LENGTH", "Transfer-encoding", "Accept", "X-A", "x-a", "Cookie"]
ODD_SPELLINGS = [
    b"",
    b" ",
    b"Host ",
    b"H st",
    b" Host",
    b"\tX",
    b"(.*)",
    b"X\\",
    b"[",
    b"X\r",
    b"\xff",
    b"{",
    b"X+?",
]

values = st.one_of(
    st.sampled_from([b"", b" 1", b" chunked", b"a: b", b"\t", b"\\1 $ (", b"x" * 300]),
    st.binary(max_size=12).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
)
odd_values = st.one_of(values, st.binary(max_size=8).map(lambda value: value.replace(b"\n", b"\r")))
spellings = st.one_of(
    st.sampled_from([name.encode() for name in FIELDS]),
    st.sampled_from(ODD_SPELLINGS),
    st.binary(max_size=6).map(lambda value: value.translate(None, b":\n")),
    st.integers(40, 90).map(lambda size: b"L" * size),
)
ends = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r\r\n"])
starts = st.one_of(
    st.just(b"GET / HTTP/1.1"),
    st.binary(min_size=1, max_size=12).map(lambda value: value.translate(None, b"\n") or b"x"),
)


@st.composite
def shapes(draw: st.DrawFn) -> list[bytes]:
    """What the field lines of a head begin with: mostly regular, sometimes thousands, colon or none."""
    drawn = draw(st.lists(st.tuples(spellings, st.integers(0, 30)), max_size=8))
    lines = [spelling + (b":" if colon else b"") for spelling, colon in drawn]
    return lines * draw(st.sampled_from([1] * 60 + [2, 9, 150]))


@st.composite
def heads(draw: st.DrawFn, beginnings: list[bytes], odd: bool) -> bytes:
    """A head of such lines; an odd one with any line ends, and CRs in values."""
    few = len(beginnings) < 30
    head = draw(starts) + (draw(ends) if odd else b"\r\n")
    for beginning in beginnings:
        value = draw(odd_values if odd else values) if few else b"v"
        head += beginning + value + (draw(ends) if odd and few else b"\r\n")
    return head + (draw(ends) if odd else b"\r\n")


@given(data=st.data(), shape=shapes(), other=st.booleans(), odd=st.booleans())
@examples(1_000)
def test_the_pattern_and_the_long_way_agree(
    data: st.DataObject, shape: list[bytes], other: bool, odd: bool
) -> None:
    """Who knows a layout by heart reads a head like it, or one a little different, as who never saw it."""
    known = warmed(data.draw(heads(shape, odd=False)))
    event("has a pattern" if any(x.match for x in known.start.followers.values()) else "has none")
    probe_shape = list(shape)
    if probe_shape and other:
        changed = data.draw(st.integers(0, len(probe_shape) - 1))
        probe_shape[changed : changed + data.draw(st.integers(0, 1))] = data.draw(
            st.lists(spellings, max_size=2)
        )
    probe = data.draw(heads(probe_shape, odd=odd))
    assume(probe)
    tail = data.draw(st.sampled_from([b"", b"\r\n\r\n", b"body", b"\n\nX: y\r\n\r\n"]))
    prefix = data.draw(st.sampled_from([b"", b"before\r\n"]))
    before = next(iter(known.start.followers.values()), known.start)
    for layout in (known.start, before):
        known_head = known.find(
            layout, before_key(known, probe), prefix + probe + tail, len(prefix), len(prefix + probe + tail)
        )
        fresh_head = find(Layouts(MANY), probe + tail, prefix=prefix)
        assert understood(known_head, len(prefix)) == understood(fresh_head, len(prefix))


def before_key(known: Layouts, probe: bytes) -> bytes:
    """A key that leads to the pattern, where there is one: a wrong guess may cost time, and nothing else."""
    return next(iter(known.start.followers), probe[:4])


def test_a_layout_that_keeps_coming_gets_a_pattern() -> None:
    """The 128th head of a layout makes its pattern, and not one before."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    known = Layouts(MANY)
    for count in range(1, OFTEN + 1):
        found = find(known, head)
        assert found is not None
        assert (found[2].match is not None) == (count == OFTEN)
    assert known.start.followers[b"GET "].names == ("host",)


def test_the_pattern_is_used() -> None:
    """A head that the pattern matches is not taken apart: the result is the match's own."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    known = warmed(head)
    known._known.clear()
    found = find(known, head)
    assert found is not None
    assert found[2] is known.start.followers[b"GET "]


@pytest.mark.parametrize(
    "odd",
    [
        b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_no_pattern_hides_what_is_odd(odd: bytes) -> None:
    """One byte's difference from a layout known by heart is seen."""
    known = warmed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert understood(find(known, odd)) == understood(find(Layouts(MANY), odd))


# The limits


def test_inventions_cost_no_pattern() -> None:
    """A stream of ever-new layouts makes no pattern and leaves no more behind than the caches hold."""
    known = Layouts(MANY)
    for number in range(3 * layouts._LAYOUTS):
        for _ in range(2):
            find(known, b"GET / HTTP/1.1\r\n%05d: a\r\nHost: b\r\nX%05d: c\r\n\r\n" % (number, number))
        assert len(known._known) <= layouts._LAYOUTS
        assert len(known._names) <= layouts._NAMES
    assert not known.start.followers
    assert all(layout.match is None for layout in known._known.values())


@pytest.mark.sources
def test_the_cache_of_names_is_cleared_when_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never has more than its limit, and long spellings are not in it."""
    monkeypatch.setattr(layouts, "_NAMES", 10)
    known = Layouts(MANY)
    for number in range(100):
        plainly = find(known, b"A\r\nName-%d: x\r\n%s%d: y\r\n\r\n" % (number, b"N" * 64, number))
        assert plainly is not None
        assert plainly[2].names == (f"name-{number}", f"{'n' * 64}{number}")
        assert len(known._names) <= 10
        assert all(len(spelling) <= layouts._NAME_BYTES for spelling in known._names)


def test_a_head_of_many_lines_is_no_layout() -> None:
    """What has more lines than a layout may have is taken apart each time, and so is a lone start line."""
    limit = layouts._LAYOUT_LINES
    for fields, remembered in [(0, 0), (1, 1), (limit - 1, 1), (limit, 0)]:
        known = warmed(b"A\r\n" + b"X: y\r\n" * fields + b"\r\n")
        assert len(known._known) == len(known.start.followers) == remembered


def test_a_line_without_a_colon_is_no_layout() -> None:
    """Another line may begin with it and be a field: `Content` is no `Content-Length: 5`."""
    known = warmed(b"A\r\nContent\r\n\r\n")
    assert not known._known
    found = find(known, b"A\r\nContent-Length: 5\r\n\r\n")
    assert found is not None
    assert found[2].names == ("content-length",)


def test_few_layouts_are_remembered_to_follow_one() -> None:
    """The keys come from traffic: their number is limited all the same."""
    known = warmed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    for number in range(5 * layouts._FOLLOWERS):
        head = b"M%03d / HTTP/1.1\r\nHost: a\r\n\r\n" % number
        find(known, head)
        assert len(known.start.followers) <= layouts._FOLLOWERS


@pytest.mark.sources
@pytest.mark.parametrize("name", [b"%05d", b"00000-%05d"], ids=["cleared", "replaced"])
def test_forgotten_layouts_lead_to_no_other(monkeypatch: pytest.MonkeyPatch, name: bytes) -> None:
    """A connection that stays at an old layout does not keep alive all that came after it elsewhere."""
    monkeypatch.setattr(layouts, "_LAYOUTS", 4)
    known = Layouts(MANY)
    first = before = known.start
    for number in range(40):
        head = b"GET / HTTP/1.1\r\n" + name % number + b": a\r\n\r\n"
        for _ in range(OFTEN + 2):
            found = find(known, head, before)
            assert found is not None
            latest = found[2]
        before = latest
        if number == 0:
            first = before
    reached, waiting = {id(first)}, [first]
    while waiting:
        for layout in waiting.pop().followers.values():
            if id(layout) not in reached:
                reached.add(id(layout))
                waiting.append(layout)
    assert len(reached) <= 4 + 1
