"""What is compiled says its types once, in its annotations: what C is told of them, and what nothing can be told of."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hatch_build import MODULES, SourceError, Sources, build

ROOT = Path(__file__).parent.parent
START = (
    "from __future__ import annotations\n\nfrom typing import Final, TypeAlias\n\ni64: TypeAlias = int\n\n\n"
)


def sources(folder: Path, **modules: str) -> Sources:
    """Some modules of a package."""
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    for name, text in modules.items():
        (folder / "pkg" / f"{name}.py").write_text(START + dedent(text))
    return Sources(folder, [f"pkg.{name}" for name in modules])


def told(folder: Path, text: str) -> list[str]:
    """The declarations of one module, without what each has."""
    lines = sources(folder, one=text).declarations("pkg.one").splitlines()
    return [line.strip() for line in lines if line and not line.startswith(("#", "cimport"))]


@pytest.fixture(scope="module")
def program() -> Sources:
    """The chosen modules as they are today."""
    return Sources(ROOT)


@pytest.mark.parametrize("name", MODULES)
def test_every_chosen_module_derives(name: str, program: Sources) -> None:
    """Its types are told by its annotations, and what is lowered has the lines of the source."""
    assert program.declarations(name)
    lowered, path = program.lowered(name), ROOT / f"{name.replace('.', '/')}.py"
    source = path.with_suffix(".pyx" if program.modules[name].leaf else ".py").read_text()
    if not program.modules[name].leaf:
        ast.parse(lowered)
    assert lowered.count("\n") == source.count("\n")


def test_the_path_of_a_packet_is_typed(program: Sources) -> None:
    """Numbers of it are C's, and so are the objects that it goes through."""
    stream = program.declarations("interceptor.core.tcp.reassembly")
    assert "    cdef public long long position\n" in stream
    assert "    cdef public Waiting held\n" in stream
    assert "cpdef Message next_event(self, Chunk chunk)" in program.declarations(
        "interceptor.core.protocols.http1.parser"
    )
    assert "cpdef long long place_of(self, long long number)" in stream
    assert 'stream="Direction"' in program.declarations("interceptor.core.pipeline")


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("i64", "long long"),
        ("int", "object"),
        ("i64 | None", "object"),
        ("bool", "bint"),
        ("str", "object"),
        ("bytes", "bytes"),
        ("bytes | None", "bytes"),
        ("bytes | bytearray", "object"),
        ("list[i64]", "list"),
        ("dict[str, i64] | None", "dict"),
        ("Pair", "tuple"),
        ("Thing", "Thing"),
        ("Thing | None", "Thing"),
        ("Elsewhere", "object"),
        ("float", "object"),
    ],
)
def test_a_type_is_what_its_annotation_says(annotation: str, kind: str, tmp_path: Path) -> None:
    """Whole numbers are C's only where they are said to have 64 bits, and where None is none of them."""
    text = f"""
    Pair: TypeAlias = tuple[i64, bytes]

    class Thing:
        def __init__(self, value: {annotation}) -> None:
            self.value = value
    """
    assert f"cdef public {kind} value" in told(tmp_path, text)


def test_local_variables_are_typed_by_all_that_they_are_given(tmp_path: Path) -> None:
    """One that is something else once is an object; so is a sum that has anything of unknown size in it."""
    text = """
    Pair: TypeAlias = tuple[i64, bytes]

    class Thing:
        def __init__(self, pairs: list[Pair], weight: i64, size: int) -> None:
            self.pairs = pairs
            self.weight = weight
            self.size = size

        def sums(self, data: bytes) -> None:
            weight = 0
            for number, text in self.pairs:
                weight += number
            other = self.weight
            other += self.size
            shifted = 1
            shifted = shifted << 7 | 1
            mixed = self.weight
            mixed = None
            size = len(data)
    """
    assert '@cython.locals(number="long long", size="long long", text="bytes", weight="long long")' in told(
        tmp_path, text
    )


NOUNS = """
from msgspec import Struct

class Noun(Struct, eq=False, gc=False):
    \"\"\"Anything.\"\"\"

    size: i64
    \"\"\"In bytes.\"\"\"
    name: str = ""

    def grow(self) -> None:
        self.size += 1

class Thing(Noun, eq=False, gc=False):
    \"\"\"A thing,
    of two lines.\"\"\"

    inner: Noun | None = None

class Value(Struct, frozen=True, gc=False):
    size: i64
"""


def test_a_struct_that_is_compared_by_identity_is_an_extension_type(tmp_path: Path) -> None:
    """Its fields are typed attributes, and it is made of the same arguments; another `Struct` stays what it is."""
    found = sources(tmp_path, one=NOUNS)
    lines = found.declarations("pkg.one").splitlines()
    assert [line.strip() for line in lines if line.startswith(("cdef class", "    cdef"))] == [
        "cdef class Noun",
        "cdef class Noun:",
        "cdef public long long size",
        "cdef public object name",
        "cdef class Thing(Noun):",
        "cdef public Noun inner",
    ]
    lowered = found.lowered("pkg.one")
    assert lowered.count("\n") == found.modules["pkg.one"].text.count("\n")
    assert "class Noun():\n" in lowered
    assert "class Value(Struct, frozen=True, gc=False):\n" in lowered
    space: dict[str, Any] = {}
    exec(compile(lowered, "lowered", "exec"), space)
    thing = space["Thing"](3, inner=space["Noun"](4))
    assert [getattr(thing, name) for name in thing.__struct_fields__][:2] == [3, ""]
    assert thing.inner.size == 4


def test_protocols_are_bases_and_no_types(tmp_path: Path) -> None:
    """What implements one is an extension type; an annotation that names one takes anything. One that nobody names as a base stays."""
    text = """
    class Reader(Protocol):
        left: i64

        def read(self, size: i64) -> None: ...
        @property
        def over(self) -> bool:
            return False

    class File(Reader):
        __slots__ = ("left", "other")

        def __init__(self, other: Reader) -> None:
            self.left: i64 = 0
            self.other = other

        def read(self, size: i64) -> None:
            self.left -= size

    class Unnamed(Protocol):
        left: i64
    """
    assert told(tmp_path, text) == [
        "cdef class Reader",
        "cdef class Reader:",
        "pass",
        "cdef class File(Reader):",
        "cdef public long long left",
        "cdef public object other",
        "cpdef object read(self, long long size)",
    ]


def test_what_several_types_have_in_common_is_their_base(tmp_path: Path) -> None:
    """Of a union, of a type variable, and of a variable that is one and the other; a method has the signature of its base's."""
    text = """
    T = TypeVar("T", "Left", "Right")

    class Noun: ...
    class Left(Noun): ...
    class Right(Noun): ...
    class Other: ...

    class Reader(Generic[T]):
        def __init__(self) -> None:
            self.open: T | None = None

        def take(self, noun: T) -> T | None: ...
        def some(self, noun: Left | Right, other: Left | Other, way: bool) -> None:
            both = noun if way else Left()
            odd = Left() if way else Other()

    class LeftReader(Reader[Left]):
        def take(self, noun: Left) -> Left | None: ...
    """
    lines = told(tmp_path, text)
    assert "cdef public Noun open" in lines
    assert '@cython.locals(both="Noun")' in lines
    assert "cpdef object some(self, Noun noun, object other, bint way)" in lines
    assert lines.count("cpdef Noun take(self, Noun noun)") == 2


def test_an_overloaded_method_is_the_last_one(tmp_path: Path) -> None:
    """The others only tell a type checker what comes of which argument."""
    text = """
    class Thing:
        @overload
        def give(self, number: i64) -> i64: ...
        @overload
        def give(self, number: bytes) -> bytes: ...
        def give(self, number: i64 | bytes) -> i64 | bytes:
            return number
    """
    found = sources(tmp_path, one=text)
    assert "cpdef object give(self, object number)" in found.declarations("pkg.one")
    assert found.lowered("pkg.one").count("def give") == 1


def test_a_weak_reference_needs_its_slot(tmp_path: Path) -> None:
    """It is nobody's to see."""
    text = """
    class Thing:
        __slots__ = ("__weakref__",)
    """
    assert "cdef object __weakref__" in told(tmp_path, text)


def test_two_types_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """One that the source calls by a name of its own, or does not call at all, is called by all of its name."""
    found = sources(
        tmp_path,
        one="class Context:\n    ...\n",
        two="""
        from pkg import one

        class Context: ...

        class Holder:
            def __init__(self, context: Context) -> None:
                self.context = context
        """,
        three="""
        from pkg.one import Context
        from pkg.two import Holder

        class Reader:
            def __init__(self, context: Context, holder: Holder) -> None:
                self.context = context
                self.holder = holder

            def other(self) -> None:
                theirs = self.holder.context
        """,
    )
    text = found.declarations("pkg.three")
    assert "from pkg.one cimport Context\n" in text
    assert "from pkg.two cimport Context as pkg_two_Context, Holder\n" in text
    assert '@cython.locals(theirs="pkg_two_Context")' in text


def test_a_leaf_stands_for_its_module(tmp_path: Path) -> None:
    """What C is told of it is what the module says, and what is compiled is the leaf, to whose functions that must fit."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        assert not os.environ.get("CI")
        pytest.skip("no C compiler")
    text = """
    def half(number: i64, most: i64 = 9) -> i64:
        return min(_double(number) // 4, most)

    def _double(number: i64) -> i64:
        return 2 * number
    """
    sources(tmp_path, one=text)
    leaf = tmp_path / "pkg" / "one.pyx"
    leaf.write_text("cpdef long long half(long long number, long long most=9):\n    return number >> 1\n")
    assert "_double" not in Sources(tmp_path, ["pkg.one"]).declarations("pkg.one")
    build(tmp_path, tmp_path, ["pkg.one"])
    code = "from pkg import one; print(one.__file__.endswith('.so'), one.half(9), hasattr(one, '_double'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True 4 False\n", "")
    leaf.write_text("cpdef long long half(int number, long long most=9):\n    return number >> 1\n")
    with pytest.raises(RuntimeError, match="half"):
        build(tmp_path, tmp_path, ["pkg.one"])


def test_what_c_cannot_call_stays_as_it_is(tmp_path: Path) -> None:
    """Arguments by name only, generators and functions within functions have no declaration."""
    text = """
    class Thing:
        def __init__(self) -> None:
            self.on = True

        def named(self, *, first: bool) -> None: ...
        def counted(self) -> int:
            return sum(1 for _ in ())
        def spread(self, one: int) -> None: ...
        def plain(self) -> None:
            self.spread(*(1,))
        @property
        def asked(self) -> bool:
            return self.on
    """
    assert [line for line in told(tmp_path, text) if "cpdef" in line] == ["cpdef object plain(self)"]


def test_a_class_with_a_foreign_base_stays_pythons(tmp_path: Path) -> None:
    """One of ours, or one that only type checkers need, is none."""
    text = """
    class Own(Generic[T]): ...
    class Below(Own[int]): ...
    class Cache(dict[str, str]): ...
    @dataclass
    class Noun: ...
    """
    assert [line for line in told(tmp_path, text) if line.endswith(":")] == [
        "cdef class Own:",
        "cdef class Below(Own):",
    ]


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ("class Thing:\n    __slots__ = ('value',)\n", 8, "Thing.value"),
        ("class Thing:\n    def __init__(self) -> None:\n        self.value = None\n", 10, "Thing.value"),
        ("def work(value) -> None: ...\n", 8, "work(value)"),
        ("def work(value: int): ...\n", 8, "work()"),
    ],
)
def test_what_is_not_said_is_an_error_with_its_place(text: str, line: int, name: str, tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(SourceError) as error:
        told(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'pkg' / 'one.py'}:{line}: {name} has no type")


def test_constants_are_written_in(tmp_path: Path) -> None:
    """Own ones and imported ones, not what has the same name in a function; and no line moves."""
    found = sources(
        tmp_path,
        one="_HALF: Final = 1 << 31\nMASK: Final = (_HALF << 1) - 1\nLEAST: Final = -(1 << 63)\n",
        two="""
        from pkg.one import MASK

        NAME: Final = "x"

        def work(number: i64) -> i64:
            return number & MASK

        def other(MASK: i64) -> str:
            return NAME if MASK else f"{MASK}"
        """,
    )
    lowered = found.lowered("pkg.two")
    assert "return number & 4294967295\n" in lowered
    assert 'return NAME if MASK else f"{MASK}"' in lowered
    assert "from pkg.one import MASK\n" in lowered
    assert found.modules["pkg.one"].constants["LEAST"] == -(1 << 63)


def test_what_is_made_says_the_same(tmp_path: Path) -> None:
    """It is an extension, in its package; a sum that leaves 64 bits is an error and no other number; a chain is freed."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        assert not os.environ.get("CI")
        pytest.skip("no C compiler")
    text = """
    class Link:
        __slots__ = ("next", "size")

        def __init__(self, size: i64) -> None:
            self.size = size
            self.next: Link | None = None

        def grow(self, more: i64) -> i64:
            self.size += more
            return self.size
    """
    sources(tmp_path, one=text)
    [made] = build(tmp_path, tmp_path, ["pkg.one"])
    assert made.parent == Path("pkg")
    code = """if True:
        from pkg import one
        link = one.Link((1 << 63) - 2)
        assert one.__file__.endswith(".so") and link.grow(1) == (1 << 63) - 1
        try:
            link.grow(1)
        except OverflowError:
            print("too large")
        first = None
        for _ in range(1_000_000):
            link = one.Link(1)
            link.next, first = first, link
        del link, first
        print("freed")
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("too large\nfreed\n", "", 0)


@pytest.mark.parametrize("asked", [True, False])
def test_a_build_that_is_kept_apart_is_told_what_it_needs(asked: bool) -> None:
    """PEP 517: whoever builds a wheel asks first. Cython only where the compiled lane is wanted, and that of `make compiled`."""
    asking = "import hatchling.build; print(hatchling.build.get_requires_for_build_wheel())"
    environment = {name: value for name, value in os.environ.items() if name != "INTERCEPTOR_COMPILE"}
    told = subprocess.run(
        [sys.executable, "-c", asking],
        cwd=ROOT,
        env=environment | ({"INTERCEPTOR_COMPILE": "1"} if asked else {}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (cython,) = project["dependency-groups"]["compile"]
    assert (cython in told) is asked
    assert cython in project["dependency-groups"]["tests"]
