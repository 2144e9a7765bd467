"""The compiled lane: the hot modules of the program, compiled from the very sources that are tested and read.

Owns the build: which modules are compiled, what C types their annotations say, and where what is made goes. Refuses to be
needed: without it, or without a compiler, the same sources run as Python. Types are said once, by the annotations; here they
are read with `ast` and written down as Cython wants them (.pxd), beside a copy of the sources in the build's folder.

What is derived
---------------
* A class that is neither decorated nor has a base, other than one of these, becomes an extension type. The types of its
  attributes are what its body or `__init__` says of them; one of which nothing can be told is an error, with its place.
  So does a `Struct` of msgspec that is compared by identity and that the collector of garbage need not know: its fields are
  attributes, and the `__init__` that msgspec would have given it is written out. What an annotation calls by the
  name of a `Protocol` is any object.
* An integer of C is what is annotated `i64` (`core.model`), or `bool`. `int` stays Python's: it has no bounds.
* `bytes`, `list`, `dict`, `tuple`, `set`, `frozenset`, `bytearray` are themselves, with None. All else is an object: `str` is
  often an enumeration's member.
* A method or function that has positional arguments only, and no generator, lambda or function inside, can be called from C.
  Its local variables have the types of what is assigned to them, where all of that is told by annotations. Sums of
  `i64` are `i64`; one that leaves 64 bits is an OverflowError and never wraps.

A module beside which there is a `.pyx` is a *leaf*: that stands for it, with the same functions, where what C can do and Python
cannot say is worth it. What C is told of it comes from the `.py`, too, so that the two cannot differ in that.

What is lowered in the copy, at its place, so that lines stay what they are: a constant (`Final`, whole numbers only) to its value;
bases that only say something to a type checker (`ABC`, `Generic`). Nothing else.
"""

from __future__ import annotations

import ast
import operator
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["MODULES", "CompiledLane", "SourceError", "Sources", "build"]

MODULES: Final = (
    "interceptor.core.budget",
    "interceptor.core.model",
    "interceptor.core.packets.frames",
    "interceptor.core.packets.dealing",
    "interceptor.core.tcp.flows",
    "interceptor.core.tcp.handshakes",
    "interceptor.core.tcp.numbers",
    "interceptor.core.tcp.wheel",
    "interceptor.core.tcp.reassembly",
    "interceptor.core.tcp.connection",
    "interceptor.core.tcp.connections",
    "interceptor.core.protocols.conversation",
    "interceptor.core.protocols.ledger",
    "interceptor.core.protocols.opaque",
    "interceptor.core.protocols.recognition",
    "interceptor.core.protocols.tunnel",
    "interceptor.core.protocols.http1.patterns",
    "interceptor.core.protocols.http1.layouts",
    "interceptor.core.protocols.http1.heads",
    "interceptor.core.protocols.http1.parser",
    "interceptor.core.protocols.http1.pairing",
    "interceptor.core.protocols.http2.conversation",
    "interceptor.core.protocols.http2.fields",
    "interceptor.core.protocols.http2.frames",
    "interceptor.core.protocols.http2.grpc",
    "interceptor.core.protocols.http2.tables",
    "interceptor.core.protocols.http2.shifts",
    "interceptor.core.protocols.http2.hpack",
    "interceptor.core.protocols.http2.huffman",
    "interceptor.core.protocols.http2.stream",
    "interceptor.core.protocols.http2.streams",
    "interceptor.core.protocols.tls.layer",
    "interceptor.core.protocols.tls.session",
    "interceptor.core.protocols.websocket.frames",
    "interceptor.core.protocols.websocket.session",
    "interceptor.core.records.templates",
    "interceptor.core.records.encoder",
    "interceptor.core.pipeline",
    "interceptor.capture.classic",
    "interceptor.capture.capture_file",
)
"""Where nearly all of the time is spent. Each costs a few seconds of a compiler."""

_BUILTINS: Final = frozenset({"bytes", "list", "dict", "tuple", "set", "frozenset", "bytearray"})
_C_INTEGER: Final = "long long"
_ERASED: Final = frozenset({"ABC", "Generic", "Protocol", "Struct"})
_STRUCTURE: Final = {"eq": False, "gc": False}
"""What a `Struct` says of itself that an extension type can stand for."""
_SMALLEST: Final = -(1 << 63)
_LARGEST: Final = (1 << 63) - 1

_DIRECTIVES: Final = (
    "language_level=3",
    "annotation_typing=False",  # types are those of the .pxd
    "nonecheck=True",  # an attribute of None is an AttributeError, as in Python
    "overflowcheck=True",
)
_TRANSLATOR: Final = """
import sys
from Cython.Compiler import Main, Options, Symtab
nouns = frozenset(sys.argv.pop(1).split(","))
scope = Symtab.CClassScope
collected, guarded = scope.needs_gc, scope.needs_trashcan
scope.needs_gc = lambda self: self.qualified_name not in nouns and collected(self)
scope.needs_trashcan = lambda self: self.qualified_name not in nouns and guarded(self)
Options._directive_defaults["trashcan"] = True
Main.main(command_line=1)
"""
"""Cython's command; its first argument are the names of what was a `Struct`. What waits is a chain of as many pieces as there are:
freeing it must not recurse. What was a `Struct` is no part of that, and the collector of garbage need not know it. A .pxd can say
neither of a class whose source is Python."""


class SourceError(Exception):
    """What a source does not say, with its place."""

    def __init__(self, path: Path, node: ast.AST, message: str) -> None:
        super().__init__(f"{path}:{getattr(node, 'lineno', 1)}: {message}")


class _Type:
    """What an annotation says: its name in C, and what it holds or gives."""

    __slots__ = ("items", "name", "shape")

    def __init__(self, name: str, items: tuple[_Type, ...] = (), shape: str = "") -> None:
        self.name = name
        """As in the .pxd; `object` for anything."""
        self.items = items
        """Of a container: what is in it, the value of a dictionary; of a tuple each."""
        self.shape = shape
        """Of an object: its class, where that is known to say what its attributes are."""


_OBJECT: Final = _Type("object")
_INTEGER: Final = _Type(_C_INTEGER)
_TRUTH: Final = _Type("bint")
_NONE: Final = _Type("None")
_LITERAL: Final = _Type("literal")
"""A whole number that stands in the source: C's where it meets one of C, and Python's otherwise."""
_UNKNOWN: Final = _Type("unknown")
"""Of a local variable that nothing is known of yet."""


class _Class:
    """An extension type."""

    def __init__(self, module: _Module, node: ast.ClassDef, bases: list[str]) -> None:
        self.module = module
        self.node = node
        self.bases = bases
        self.methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        self.attributes: dict[str, ast.expr | _Type] = {}
        self.structure = bool(node.keywords)
        """Whether it is a `Struct`."""
        self.fields = [item for item in node.body if self.structure and isinstance(item, ast.AnnAssign)]
        self.full_bases = {module.resolve(base) for base in bases}
        self.protocol = any(ast.unparse(base) == "Protocol" for base in node.bases)

    def lookup(self, name: str, sources: Sources) -> _Type:
        """The type of an attribute, its bases' included."""
        told = self.attributes.get(name)
        if told is not None:
            return told if isinstance(told, _Type) else sources.type_of(told, self.module)
        for base in self.bases:
            found = sources.classes.get(self.module.resolve(base))
            if found is not None:
                return found.lookup(name, sources)
        return _OBJECT

    def method(self, name: str, sources: Sources) -> tuple[_Class, ast.FunctionDef] | None:
        """A method, its bases' included."""
        if name in self.methods:
            return self, self.methods[name]
        for base in self.bases:
            found = sources.classes.get(self.module.resolve(base))
            if found is not None:
                return found.method(name, sources)
        return None


class _Module:
    """One source."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.leaf = path.with_suffix(".pyx").is_file()
        """Whether something else is compiled in its place."""
        self.text = path.read_text()
        self.tree = ast.parse(self.text, str(path))
        self.imports: dict[str, str] = {}
        """Names that come from elsewhere, in full."""
        self.aliases: dict[str, ast.expr] = {}
        self.constants: dict[str, int] = {}
        self.variables: dict[str, list[ast.expr]] = {}
        """What each `TypeVar` stands for, where that is told."""
        self.functions: dict[str, ast.FunctionDef] = {}
        self.spread: set[str] = set()
        """Names of what is called with as many arguments as something has: that cannot be called from C."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and any(
                isinstance(argument, ast.Starred) for argument in node.args
            ):
                self.spread.add(ast.unparse(node.func).rpartition(".")[2])
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for statement in self.tree.body:
            if isinstance(statement, ast.FunctionDef):
                self.functions[statement.name] = statement
                continue
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=own)],
                    value=ast.Call(func=ast.Name(id="TypeVar"), args=[_, *kinds], keywords=words),
                ):
                    self.variables[own] = kinds + [word.value for word in words if word.arg == "bound"]
                case ast.AnnAssign(
                    target=ast.Name(id=own), annotation=ast.Name(id="TypeAlias"), value=ast.expr() as value
                ):
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        value = ast.parse(value.value, mode="eval").body
                    self.aliases[own] = value

    def resolve(self, name: str) -> str:
        """A name in full."""
        return self.imports.get(name, f"{self.name}.{name}")


class Sources:
    """The chosen modules, read together."""

    def __init__(self, root: Path, names: Sequence[str] = MODULES) -> None:
        self.root = root
        self.modules = {name: _Module(name, root / (name.replace(".", "/") + ".py")) for name in names}
        self.classes: dict[str, _Class] = {}
        self.shapes: dict[str, dict[str, ast.expr]] = {}
        """What other classes say of their attributes, by the class's name."""
        self._fold()
        self._find_classes()
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef) and f"{module.name}.{node.name}" not in self.classes:
                    self.shapes[f"{module.name}.{node.name}"] = {
                        item.target.id: item.annotation
                        for item in node.body
                        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                    }
        for found in self.classes.values():
            self._find_attributes(found)

    # What there is

    def _fold(self) -> None:
        """The constants, and those of other modules, until no more are known."""
        known = -1
        while known != (known := sum(len(module.constants) for module in self.modules.values())):
            for module in self.modules.values():
                for node in module.tree.body:
                    if (
                        isinstance(node, ast.AnnAssign)
                        and isinstance(node.target, ast.Name)
                        and node.value is not None
                        and ast.unparse(node.annotation) == "Final"
                    ):
                        value = self.value(node.value, module)
                        if value is not None and _SMALLEST <= value <= _LARGEST:
                            module.constants[node.target.id] = value

    def value(self, node: ast.expr, module: _Module) -> int | None:
        """What a constant expression gives, where it is a whole number."""
        match node:
            case ast.Constant(value=int() as number) if not isinstance(number, bool):
                return number
            case ast.Name(id=name):
                return self.constant(name, module)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand, module)
                return -inner if inner is not None else None
            case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _OPERATORS:
                first, second = self.value(left, module), self.value(right, module)
                if first is not None and second is not None:
                    return _OPERATORS[type(kind)](first, second)
        return None

    def constant(self, name: str, module: _Module) -> int | None:
        """The value of a constant, own or imported."""
        if name in module.constants:
            return module.constants[name]
        home, _, original = module.resolve(name).rpartition(".")
        other = self.modules.get(home)
        return other.constants.get(original) if other is not None and other is not module else None

    def _find_classes(self) -> None:
        """A class is an extension type if its bases are."""
        candidates = {
            f"{module.name}.{node.name}": _Class(module, node, _bases(node))
            for module in self.modules.values()
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
            and not module.leaf
            and not node.decorator_list
            and _may_be_extension(node)
        }
        while True:
            fallen = [
                name
                for name, candidate in candidates.items()
                if any(
                    base not in candidates or candidates[base].structure != candidate.structure
                    for base in map(candidate.module.resolve, candidate.bases)
                )
                or (candidate.protocol and not any(name in other.full_bases for other in candidates.values()))
            ]
            if not fallen:
                break
            for name in fallen:
                del candidates[name]
        self.classes = candidates

    def _find_attributes(self, found: _Class) -> None:
        """The types of what instances have."""
        module, node = found.module, found.node
        if found.protocol:
            return  # who implements it has them
        if found.structure:
            found.attributes = {ast.unparse(field.target): field.annotation for field in found.fields}
            return
        slots: list[str] | None = None
        told: dict[str, ast.expr | _Type] = {}
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="__slots__")], value=ast.Tuple(elts=names)):
                    slots = [ast.literal_eval(name) for name in names]
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=None):
                    told[name] = annotation
        places: dict[str, ast.AST] = {}
        initialiser = found.methods.get("__init__")
        arguments = {}
        if initialiser is not None:
            every = [*initialiser.args.posonlyargs, *initialiser.args.args, *initialiser.args.kwonlyargs]
            arguments = {argument.arg: argument.annotation for argument in every}
            for inner in ast.walk(initialiser):
                for target, said, value in _assigned(inner):
                    if not (isinstance(target, ast.Attribute) and _is_self(target.value)):
                        continue
                    places.setdefault(target.attr, inner)
                    if target.attr in told:
                        continue
                    kind = said or self._told_by(value, arguments, module)
                    if kind is not None:
                        told[target.attr] = kind
        if slots is None:
            slots = list(places)
        inherited = {name for base in found.bases for name in self._attributes_of(module.resolve(base))}
        for name in slots:
            if name in inherited:
                continue
            if name == "__weakref__":
                told[name] = _OBJECT
            if name not in told:
                raise SourceError(
                    module.path, places.get(name, node), f"{node.name}.{name} has no type: annotate it"
                )
            found.attributes[name] = told[name]

    def _attributes_of(self, name: str) -> set[str]:
        found = self.classes.get(name)
        if found is None:
            return set()
        if not found.attributes and found.node.body:
            self._find_attributes(found)
        own = set(found.attributes)
        return own.union(*(self._attributes_of(found.module.resolve(base)) for base in found.bases))

    def _told_by(
        self, value: ast.expr | None, arguments: Mapping[str, ast.expr | None], module: _Module
    ) -> ast.expr | _Type | None:
        """What the value that an attribute begins with says of its type; None where it says nothing."""
        match value:
            case ast.Constant(value=bool()) | ast.UnaryOp(op=ast.Not()) | ast.Compare():
                return _TRUTH
            case ast.Constant(value=None) | None:
                return None
            case ast.Constant() | ast.BinOp() | ast.JoinedStr() | ast.Subscript():
                return _OBJECT  # an `int` that is no `i64` has no bounds
            case ast.Name(id=name) if name in arguments:
                return arguments[name]
            case ast.Name(id=name):
                return _OBJECT
            case ast.Call(func=ast.Name(id=name)):
                if module.resolve(name) in self.classes:
                    return ast.Name(name)
                return _Type(name) if name in _BUILTINS else _OBJECT
            case ast.List() | ast.ListComp():
                return _Type("list")
            case ast.Dict() | ast.DictComp():
                return _Type("dict")
            case ast.Call() | ast.Attribute() | ast.BoolOp() | ast.IfExp() | ast.Tuple():
                return _OBJECT
            case _:
                return None

    # Types

    def type_of(self, annotation: ast.expr | None, module: _Module) -> _Type:
        """What an annotation says."""
        match annotation:
            case ast.Constant(value=str(text)):
                return self.type_of(ast.parse(text, mode="eval").body, module)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                kinds = [self.type_of(side, module) for side in (left, right) if not _is_none(side)]
                # What may be None can be a C pointer; a C number cannot.
                if len(kinds) == 1 and kinds[0].name in {_C_INTEGER, "bint"}:
                    return _OBJECT
                return self.common(kinds)
            case ast.Subscript(value=ast.Name(id=name), slice=inner):
                if name == "Final":
                    return self.type_of(inner, module)
                if name not in _BUILTINS:
                    return self.type_of(annotation.value, module)
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                items = tuple(self.type_of(part, module) for part in parts)
                if name == "tuple" and any(
                    isinstance(part, ast.Constant) and part.value is ... for part in parts
                ):
                    items = ()
                return _Type(name, items[1:] if name == "dict" else items)
            case ast.Name(id="bool"):
                return _TRUTH
            case ast.Name(id="i64"):
                return _INTEGER
            case ast.Name(id=name) if name in _BUILTINS:
                return _Type(name)
            case ast.Name(id=name):
                full = module.resolve(name)
                if full in self.classes:
                    return _OBJECT if self.classes[full].protocol else _Type(full)
                if full in self.shapes:
                    return _Type("object", shape=full)
                home, _, original = full.rpartition(".")
                other = self.modules.get(home)
                if other is not None and original in other.aliases:
                    return self.type_of(other.aliases[original], other)
                if other is not None and other.variables.get(original):
                    return self.common([self.type_of(kind, other) for kind in other.variables[original]])
        return _OBJECT

    def common(self, kinds: Sequence[_Type]) -> _Type:
        """What all of these are: one of them, or the extension type that they all are."""
        first, *others = kinds
        for other in others:
            above = self.above(other.name)
            while first.name not in above:
                base = self.above(first.name)[1:2]
                if not base:
                    return _OBJECT
                first = _Type(base[0])
        return first

    def above(self, name: str) -> list[str]:
        """An extension type and what it derives from, itself first."""
        found = self.classes.get(name)
        if found is None:
            return [name]
        return [name, *(above for base in found.bases for above in self.above(found.module.resolve(base)))]

    def joined(self, kinds: Iterable[_Type]) -> _Type:
        """What can be all of these."""
        some = [kind for kind in kinds if kind is not _UNKNOWN]
        real = [kind for kind in some if kind is not _NONE]
        if _INTEGER in real:
            real = [_INTEGER if kind is _LITERAL else kind for kind in real]
        if not real:
            return some[0] if some else _UNKNOWN
        kind = self.common(real)
        if kind is _OBJECT:
            return kind
        if len(real) < len(some) and kind in {_INTEGER, _TRUTH, _LITERAL}:
            return _OBJECT  # a number of C is never None
        if any(other.items != kind.items or other.shape != kind.shape for other in real):
            return _Type(kind.name)
        return kind

    def home(self, name: str) -> _Module:
        """The module of a class."""
        return self.modules[name.rpartition(".")[0]]

    # What is written

    def declarations(self, name: str) -> str:
        """The .pxd of a module."""
        module = self.modules[name]
        writer = _Writer(self, module)
        for found in self._in_order(module):
            writer.class_(found)
        for function in module.functions.values():
            if not (module.leaf and function.name.startswith("_")):
                writer.function(function, None)
        return writer.text()

    def _in_order(self, module: _Module) -> list[_Class]:
        return [found for found in self.classes.values() if found.module is module]

    def lowered(self, name: str) -> str:
        """The source of a module, with constants by their values and without bases that are for type checkers."""
        module = self.modules[name]
        if module.leaf:
            return module.path.with_suffix(".pyx").read_text()
        edits: list[tuple[int, int, int, str]] = []
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and _overload(node):
                # Whom a type checker is told what comes of which argument; what does it comes behind.
                for part, start in ((node.decorator_list[0], node.col_offset), (node, node.col_offset)):
                    assert part.lineno == part.end_lineno
                    edits.append((part.lineno, start, part.end_col_offset or 0, "pass"))
            elif isinstance(node, ast.FunctionDef):
                edits += self._constants_in(node, module)
            elif isinstance(node, ast.Delete) and all(
                isinstance(target, ast.Attribute) for target in node.targets
            ):
                assert node.lineno == node.end_lineno
                targets = " = ".join(map(ast.unparse, node.targets))
                edits.append((node.lineno, node.col_offset, node.end_col_offset or 0, f"{targets} = None"))
            elif isinstance(node, ast.ClassDef) and (found := self.classes.get(f"{name}.{node.name}")):
                if found.structure:
                    edits += self._written_out(found)
                if found.protocol:
                    edits += [
                        (item.lineno, item.col_offset, item.end_col_offset or 0, "pass")
                        for item in node.body
                        if isinstance(item, ast.AnnAssign)
                    ]
                for base in node.bases:
                    if isinstance(base, ast.Subscript) and ast.unparse(base.value) not in _ERASED:
                        inner = base.value
                        assert base.lineno == base.end_lineno
                        edits.append(
                            (base.lineno, base.col_offset, base.end_col_offset or 0, ast.unparse(inner))
                        )
                if (_bases(node) == [] and node.bases) or node.keywords:
                    first, last = node.bases[0], [*node.bases, *(word.value for word in node.keywords)][-1]
                    assert first.lineno == last.end_lineno
                    stay = ", ".join(_bases(node))
                    edits.append((first.lineno, first.col_offset, last.end_col_offset or 0, stay))
        lines = module.text.encode().split(b"\n")
        for line, start, stop, replacement in sorted(set(edits), reverse=True):
            text = lines[line - 1]
            lines[line - 1] = text[:start] + replacement.encode() + text[stop:]
        return b"\n".join(lines).decode()

    def _written_out(self, found: _Class) -> Iterator[tuple[int, int, int, str]]:
        """What msgspec makes of a `Struct`, in the place of its fields."""
        fields = self._fields(found)
        arguments = [name if value is None else f"{name}={value}" for name, value in fields]
        sets = [f"self.{name} = {name}" for name, _ in fields]
        texts = iter([f"def __init__(self, {', '.join(arguments)}): {'; '.join(sets)}"])
        about = found.node.body[0]
        names = "".join(f"'{name}', " for name, _ in fields)
        yield (
            about.end_lineno or 0,
            about.end_col_offset or 0,
            about.end_col_offset or 0,
            f"; __struct_fields__ = ({names})",
        )
        for field in found.fields:
            assert field.lineno == field.end_lineno
            yield field.lineno, field.col_offset, field.end_col_offset or 0, next(texts, "pass")

    def _fields(self, found: _Class) -> list[tuple[str, str | None]]:
        """Those of a `Struct` with what they are where nobody says, its bases' first."""
        inherited = [
            field for base in found.bases for field in self._fields(self.classes[found.module.resolve(base)])
        ]
        own = [
            (ast.unparse(field.target), ast.unparse(field.value) if field.value is not None else None)
            for field in found.fields
        ]
        return inherited + own

    def _constants_in(
        self, function: ast.FunctionDef, module: _Module
    ) -> Iterator[tuple[int, int, int, str]]:
        bound = {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
        bound |= {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        # Where in its text something in an f-string stands is not known in Python 3.11; patterns need names.
        out = {
            id(inner)
            for node in ast.walk(function)
            if isinstance(node, (ast.JoinedStr, ast.pattern))
            for inner in ast.walk(node)
        }
        for statement in function.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in out:
                    value = self.constant(node.id, module) if node.id not in bound else None
                    if value is not None:
                        literal = str(value) if value > _SMALLEST else f"{_SMALLEST + 1} - 1"
                        literal = literal if value >= 0 else f"({literal})"
                        yield node.lineno, node.col_offset, node.end_col_offset or 0, literal


class _Writer:
    """Writes one .pxd."""

    def __init__(self, sources: Sources, module: _Module) -> None:
        self._sources = sources
        self._module = module
        self._needed: dict[str, set[str]] = {}
        self._lines: list[str] = []

    def text(self) -> str:
        """All of it."""
        imports = [
            f"from {home} cimport {', '.join(sorted(names))}" for home, names in sorted(self._needed.items())
        ]
        forward = [
            f"cdef class {found.node.name}"
            for found in self._sources.classes.values()
            if found.module is self._module and not found.bases
        ]
        return "\n".join(
            ["# Written by hatch_build.py.", "cimport cython", *imports, *forward, *self._lines, ""]
        )

    def name(self, kind: _Type) -> str:
        """A type's name here, which may have to be imported."""
        home, _, own = kind.name.rpartition(".")
        if not home or home == self._module.name:
            return own
        if self._module.resolve(own) == kind.name or own not in self._module.imports:
            self._needed.setdefault(home, set()).add(own)
            return own
        other = kind.name.replace(".", "_")  # the source calls something else so
        self._needed.setdefault(home, set()).add(f"{own} as {other}")
        return other

    def class_(self, found: _Class) -> None:
        """An extension type."""
        bases = [self.name(_Type(self._module.resolve(base))) for base in found.bases]
        self._lines.append(
            f"\ncdef class {found.node.name}({bases[0]}):" if bases else f"\ncdef class {found.node.name}:"
        )
        for name, told in found.attributes.items():
            kind = told if isinstance(told, _Type) else self._sources.type_of(told, self._module)
            seen = "" if name == "__weakref__" else "public "
            self._lines.append(f"    cdef {seen}{self.name(kind)} {name}")
        for method in found.methods.values() if not found.protocol else ():
            self.function(method, found)
        if self._lines[-1].endswith(":"):
            self._lines.append("    pass")

    def function(self, node: ast.FunctionDef, owner: _Class | None) -> None:
        """What can be called from C."""
        if not callable_from_c(node) or any(
            node.name in module.spread for module in self._sources.modules.values()
        ):
            return
        indent = "    " if owner is not None else ""
        told, home = self._first_told(node, owner)
        arguments = list(node.args.args)
        defaults = len(arguments) - len(node.args.defaults)
        words = []
        for index, argument in enumerate(arguments):
            if index == 0 and owner is not None:
                words.append("self")
                continue
            if argument.annotation is None:
                raise SourceError(self._module.path, node, f"{node.name}({argument.arg}) has no type")
            kind = self._sources.type_of(told.args.args[index].annotation, home)
            words.append(f"{self.name(kind)} {argument.arg}" + ("=*" if index >= defaults else ""))
        if node.returns is None:
            raise SourceError(self._module.path, node, f"{node.name}() has no type")
        returned = self.name(self._sources.type_of(told.returns, home))
        local = {} if self._module.leaf else _Locals(self._sources, self._module, owner, node).types
        if local:
            types = ", ".join(f'{name}="{self.name(kind)}"' for name, kind in sorted(local.items()))
            self._lines.append(f"{indent}@cython.locals({types})")
        self._lines.append(f"{indent}cpdef {returned} {node.name}({', '.join(words)})")

    def _first_told(self, node: ast.FunctionDef, owner: _Class | None) -> tuple[ast.FunctionDef, _Module]:
        """Where the types of a method were said first: C has one signature for all that override it."""
        bases = [] if owner is None else self._sources.above(f"{owner.module.name}.{owner.node.name}")[1:]
        for base in reversed(bases):
            found = self._sources.classes[base]
            method = found.methods.get(node.name)
            if method is not None and not found.protocol:
                return method, found.module
        return node, self._module


class _Locals:
    """The types of a function's local variables, as far as annotations tell them."""

    def __init__(
        self, sources: Sources, module: _Module, owner: _Class | None, node: ast.FunctionDef
    ) -> None:
        self._sources = sources
        self._module = module
        self._owner = owner
        self._arguments = {
            argument.arg: sources.type_of(argument.annotation, module) for argument in node.args.args
        }
        # What a comprehension binds is its own.
        inner = {
            id(x) for n in ast.walk(node) if isinstance(n, ast.comprehension) for x in ast.walk(n.target)
        }
        bindings: list[tuple[ast.expr, ast.expr | None, _Type | None]] = []
        taken: set[str] = set()
        for statement in ast.walk(node):
            if isinstance(statement, (ast.pattern, ast.ExceptHandler, ast.withitem)):
                taken |= {
                    n.id
                    for n in ast.walk(statement)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
                if isinstance(statement, (ast.MatchAs, ast.MatchStar)) and statement.name:
                    taken.add(statement.name)
                continue
            for target, annotation, value in _assigned(statement):
                kind = sources.type_of(annotation, module) if annotation is not None else None
                bindings.append((target, value, kind))
            if isinstance(statement, ast.For):
                bindings.append((statement.target, ast.Subscript(statement.iter, ast.Constant(0)), None))
        names = (
            {
                n.id
                for n in ast.walk(node)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and id(n) not in inner
            }
            - taken
            - self._arguments.keys()
        )
        comprehended = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and id(n) in inner}
        names -= comprehended
        self._types: dict[str, _Type] = dict.fromkeys(names, _UNKNOWN)
        said = {
            target.id: kind
            for target, _, kind in bindings
            if isinstance(target, ast.Name) and kind is not None
        }
        # From nothing known upwards, until nothing changes: each is what all of its values can be.
        while True:
            seen: dict[str, list[_Type]] = {name: [] for name in names}
            for target, value, kind in bindings:
                self._bind(target, value, kind, seen)
            found = {name: said.get(name) or sources.joined(kinds) for name, kinds in seen.items()}
            settled = all(found[name].name == self._types[name].name for name in names)
            self._types = found
            if settled:
                break
        self.types = {
            name: kind
            for name, kind in found.items()
            if kind.name != "object" and kind not in {_UNKNOWN, _NONE, _LITERAL}
        }

    def _bind(
        self, target: ast.expr, value: ast.expr | None, kind: _Type | None, seen: dict[str, list[_Type]]
    ) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            whole = kind or (self.of(value) if value is not None else _OBJECT)
            if whole is _UNKNOWN:
                return
            starred = any(isinstance(element, ast.Starred) for element in target.elts)
            for index, element in enumerate(target.elts):
                if isinstance(element, ast.Starred):
                    self._bind(element.value, None, _OBJECT, seen)
                    starred = False
                    whole = _OBJECT  # counting from the end is not worth it
                elif isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                    self._bind(element, value.elts[index], None, seen)
                elif whole.name == "tuple" and (
                    index < len(whole.items) if starred else len(whole.items) == len(target.elts)
                ):
                    self._bind(element, None, whole.items[index], seen)
                else:
                    self._bind(element, None, _OBJECT, seen)
        elif isinstance(target, ast.Name) and target.id in seen:
            seen[target.id].append(kind or (self.of(value) if value is not None else _OBJECT))

    def of(self, node: ast.expr) -> _Type:
        """The type of an expression; `object` where annotations do not tell."""
        sources, module = self._sources, self._module
        match node:
            case ast.Constant(value=bool()):
                return _TRUTH
            case ast.Constant(value=int()):
                return _LITERAL
            case ast.Constant(value=None):
                return _NONE
            case ast.Constant(value=bytes()):
                return _Type("bytes")
            case ast.Name(id="self") if self._owner is not None:
                return _Type(f"{self._owner.module.name}.{self._owner.node.name}")
            case ast.Name(id=name):
                if name in self._arguments:
                    return self._arguments[name]
                if name in self._types:
                    return self._types[name]
                return _LITERAL if sources.constant(name, module) is not None else _OBJECT
            case ast.Attribute(value=value, attr=name):
                kind = self.of(value)
                if kind is _UNKNOWN:
                    return kind
                if name in sources.shapes.get(kind.shape, {}):
                    return sources.type_of(sources.shapes[kind.shape][name], sources.home(kind.shape))
                found = sources.classes.get(kind.name)
                return found.lookup(name, sources) if found is not None else _OBJECT
            case ast.Subscript(value=value, slice=index):
                held = self.of(value)
                if held is _UNKNOWN:
                    return held
                if isinstance(index, ast.Slice):
                    return held if held.name in {"bytes", "list", "bytearray"} else _OBJECT
                if held.name in {"list", "dict"} and held.items:
                    return held.items[-1]
                if held.name == "tuple" and isinstance(index, ast.Constant) and isinstance(index.value, int):
                    return held.items[index.value] if index.value < len(held.items) else _OBJECT
                if held.name in {"bytes", "bytearray"}:
                    return _LITERAL
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SAFE:
                sides = {self.of(left), self.of(right)}
                if sides <= {_INTEGER, _TRUTH, _LITERAL, _UNKNOWN}:
                    return next((kind for kind in (_INTEGER, _UNKNOWN, _LITERAL) if kind in sides), _OBJECT)
            case ast.BinOp(left=left, op=ast.Pow(), right=right) if _INTEGER in {
                self.of(left),
                self.of(right),
            }:
                raise SourceError(module.path, node, "a power of an i64 is no i64")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                kind = self.of(operand)
                return kind if kind in {_INTEGER, _LITERAL, _UNKNOWN} else _OBJECT
            case ast.UnaryOp(op=ast.Not()) | ast.Compare():
                return _TRUTH
            case ast.BoolOp(values=values):
                return sources.joined([self.of(value) for value in values])
            case ast.IfExp(body=body, orelse=orelse):
                return sources.joined([self.of(body), self.of(orelse)])
            case ast.NamedExpr(value=value):
                return self.of(value)
            case ast.List() | ast.ListComp():
                return _Type("list")
            case ast.Call(func=ast.Name(id="len")):
                return _INTEGER
            case ast.Call(func=ast.Name(id="min" | "max"), args=[_, _, *_] as values, keywords=[]):
                return sources.joined([self.of(value) for value in values])
            case ast.Call(func=ast.Name(id=name)):
                full = module.resolve(name)
                if full in sources.classes:
                    return _Type(full)
                home, _, original = full.rpartition(".")
                other = sources.modules.get(home)
                if other is not None and original in other.functions:
                    return sources.type_of(other.functions[original].returns, other)
            case ast.Call(func=ast.Attribute(value=value, attr=name), args=given):
                kind = self.of(value)
                if kind is _UNKNOWN:
                    return kind
                if kind.name == "dict" and kind.items and name in {"get", "pop"}:
                    return sources.joined([kind.items[-1], self.of(given[1]) if len(given) > 1 else _NONE])
                found = sources.classes.get(kind.name)
                method = found.method(name, sources) if found is not None else None
                if method is not None:
                    return sources.type_of(method[1].returns, method[0].module)
        return _OBJECT


_OPERATORS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
}
_SAFE: Final = {ast.Add, ast.Sub, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor}
"""Of which a result beyond 64 bits is noticed. What a shift loses is not."""


def _overload(node: ast.FunctionDef) -> bool:
    return [ast.unparse(decorator) for decorator in node.decorator_list] == ["overload"]


def _may_be_extension(node: ast.ClassDef) -> bool:
    """A plain class, or a `Struct` of the kind that can be one."""
    words = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
    return (
        words == _STRUCTURE
        if node.bases and node.keywords
        else not node.keywords and "Struct" not in map(ast.unparse, node.bases)
    )


def _bases(node: ast.ClassDef) -> list[str]:
    """The bases of a class, without those that only a type checker needs, and what they are given."""
    names = [ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
    return [name for name in names if name not in _ERASED]


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None, ast.expr | None]]:
    """(target, annotation, value) of each assignment of a statement or expression."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if (
                    isinstance(target, ast.Tuple)
                    and isinstance(value, ast.Tuple)
                    and len(target.elts) == len(value.elts)
                ):
                    for own, given in zip(target.elts, value.elts, strict=True):
                        yield own, None, given
                else:
                    yield target, None, value
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            yield target, annotation, value
        case ast.AugAssign(target=target, op=sign, value=value):
            yield target, None, ast.BinOp(_loaded(target), sign, value)
        case ast.NamedExpr(target=target, value=value):
            yield target, None, value


def _loaded(target: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(target), mode="eval").body


def callable_from_c(node: ast.FunctionDef) -> bool:
    """Whether a function can be declared for C; others are compiled as they are."""
    arguments = node.args
    if node.decorator_list or (node.name.startswith("__") and node.name.endswith("__")):
        return False
    if arguments.kwonlyargs or arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        return False
    return not any(
        isinstance(inner, (ast.Yield, ast.YieldFrom, ast.Lambda, ast.GeneratorExp))
        or (isinstance(inner, ast.FunctionDef) and inner is not node)
        for inner in ast.walk(node)
    )


# Building


def build(root: Path, target: Path, names: Sequence[str] = MODULES, jobs: int = 2) -> list[Path]:
    """Compile modules of `root` into `target`, by their packages. Returns what was made, below `target`."""
    sources = Sources(root, names)
    work = target / ".work"
    shutil.rmtree(work, ignore_errors=True)
    for name in sources.modules:
        place = work / (name.replace(".", "/") + ".py")
        for folder in [place.parent, *place.parent.parents]:
            if folder == work:
                break
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
        kind = ".pyx" if sources.modules[name].leaf else ".py"
        place.with_suffix(kind).write_text(sources.lowered(name))
        place.with_suffix(".pxd").write_text(sources.declarations(name))
    with ThreadPoolExecutor(jobs) as pool:
        nouns = [name for name, found in sources.classes.items() if found.structure]
        made = list(pool.map(lambda name: _compile(name, work, target, nouns), sources.modules))
    shutil.rmtree(work)
    return made


def _compile(name: str, work: Path, target: Path, nouns: Sequence[str]) -> Path:
    own = Path(name.replace(".", "/") + ".py")
    if (work / own.with_suffix(".pyx")).is_file():
        own = own.with_suffix(".pyx")
    directives = [word for directive in _DIRECTIVES for word in ("-X", directive)]
    _run([sys.executable, "-c", _TRANSLATOR, ",".join(nouns), *directives, str(own)], work)
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    made = (target / own).with_suffix(suffix)
    made.parent.mkdir(parents=True, exist_ok=True)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    # More than -O1 takes twice as long and gains nothing: what is left is calls of Python's own.
    flags = ["-O1", "-g0", "-fPIC", "-shared", "-fwrapv", "-w", *shlex.split(os.environ.get("CFLAGS", ""))]
    include = f"-I{sysconfig.get_paths()['include']}"
    _run([*compiler, *flags, include, str(own.with_suffix(".c")), "-o", str(made.absolute())], work)
    return made.relative_to(target)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


class CompiledLane(BuildHookInterface[Any]):
    """Puts the compiled modules beside their sources in a wheel, where INTERCEPTOR_COMPILE asks for it."""

    def dependencies(self) -> list[str]:
        """What a build that is kept apart (PEP 517) needs besides."""
        if not os.environ.get("INTERCEPTOR_COMPILE"):
            return []
        return list(self.metadata.config["dependency-groups"]["compile"])

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are collected."""
        if version != "standard" or not os.environ.get("INTERCEPTOR_COMPILE"):
            return
        target = Path(self.directory) / "compiled"
        made = build(Path(self.root), target)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update({str(target / path): str(path) for path in made})
