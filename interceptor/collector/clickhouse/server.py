"""One ClickHouse server, over its HTTP interface.

Owns the address (`collector.store`), the connection, its deadlines and limits, and the one place where what goes wrong
there becomes a `ServerError`. Refuses to know what is said: statements are given.

Invariants: the password is in a header and nowhere else; no text of an error has a word of the other side but the name of
its error, since a message of ClickHouse may quote the line that it could not read; what is given beside a statement is a
parameter or JSON. An answer is whole or an error: the server holds it back until it has all of it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import msgspec

from interceptor.collector.clickhouse.statements import NAME
from interceptor.errors import UsageError
from interceptor.rotation import Rotating

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interceptor.config import Collector

__all__ = ["Address", "Server", "ServerError", "address_of"]

_ASKED_SECONDS: Final = 60
"""For a question. Those of the page take seconds where there are hundreds of millions of records."""
_PUT_SECONDS: Final = 60
"""For an INSERT. `engine` waits longer than this before it takes an hour as complete."""
_CONNECT_SECONDS: Final = 5.0
_SPARE_SECONDS: Final = 10.0
"""Beyond what the server is given to answer, for the way."""
_KEPT_SECONDS: Final = 2.0
"""A connection is used again for so long: less than the three seconds after which old servers close theirs."""
_MAX_ANSWER: Final = 128 * 2**20
"""Bytes. A page of a thousand of the longest records that there may be is less than twice as much."""
_MAX_ERROR: Final = 16 * 2**10
_PASSWORD: Final = 4_096
_SETTINGS: Final = {
    "wait_end_of_query": 1,
    "default_format": "JSONCompactEachRow",
    "output_format_json_quote_64bit_integers": 0,
    "group_by_use_nulls": 0,
    "join_use_nulls": 0,
    "async_insert": 0,  # we batch, and what is answered must be there
    "input_format_parallel_parsing": 0,  # a batch is one block, so one part, so there whole or not at all
    "input_format_defaults_for_omitted_fields": 0,
}
_EXCEPTION: Final = re.compile(rb"Code: (\d+)\.")
_EXCEPTION_NAME: Final = re.compile(rb"\(([A-Z][A-Z0-9_]+)\)")

_Row = TypeVar("_Row")


class ServerError(Exception):
    """No answer, or a refusal; the text is one line that may be shown."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code
        """ClickHouse's number of the error; 0: there was no answer."""


_TOLD: Final = {
    60: "a table is missing; start the collector again",
    81: "there is no such database; make it (CREATE DATABASE)",
    164: "the user may only read; it needs rights to make tables, to insert and to drop partitions",
    192: "the user is not known, or its password is another (collector.store_password_file)",
    193: "the user is not known, or its password is another (collector.store_password_file)",
    194: "a password is needed (collector.store_password_file)",
    241: "its memory is not enough for this question",
    243: "its disk is full",
    497: "the user lacks rights; it needs them to make tables, to insert, to read, and to drop partitions",
    516: "the user is not known, or its password is another (collector.store_password_file)",
}
"""What to do about errors of ClickHouse, by number."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is."""

    tls: bool
    host: str
    port: int
    user: str
    database: str
    cluster: str | None = None
    """Whose replicas have the same tables."""

    @property
    def url(self) -> str:
        """Of the HTTP interface."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' * self.tls}://{host}:{self.port}/"

    def __str__(self) -> str:
        """As an operator knows it: without user."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"clickhouse{'s' * self.tls}://{host}:{self.port}/{self.database}"


def address_of(text: str) -> Address:
    """Read `collector.store`.

    Raises:
        UsageError: it is none; says why, and shows nothing of it, because there may be a password in it.

    """
    option = "collector.store"
    shape = "clickhouse[s]://[user@]host[:port]/database[?cluster=name]"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname
    except ValueError as error:
        raise UsageError(f"{option}: is no URL; it has the form {shape}") from error
    if parts.scheme not in ("clickhouse", "clickhouses") or not host:
        raise UsageError(f"{option}: has the form {shape}")
    if parts.password is not None:
        raise UsageError(f"{option}: has a password in it; write that into collector.store_password_file")
    database = parts.path.removeprefix("/")
    if not NAME.fullmatch(database) or parts.fragment:
        raise UsageError(f"{option}: names no database of letters, digits, _ and -; the form is {shape}")
    query = parse_qsl(parts.query, keep_blank_values=True)
    if [name for name, _ in query] not in ([], ["cluster"]) or not all(
        NAME.fullmatch(value) for _, value in query
    ):
        raise UsageError(f"{option}: only ?cluster=name may follow the database; the form is {shape}")
    tls = parts.scheme == "clickhouses"
    return Address(
        tls,
        host,
        port or (8443 if tls else 8123),
        unquote(parts.username or "default"),
        database,
        query[0][1] if query else None,
    )


class Server:
    """Answers statements."""

    def __init__(self, config: Collector) -> None:
        """Nothing is asked yet.

        Raises:
            UsageError: the address, or a file that is named beside it, cannot be used.

        """
        self.address: Final = address_of(config.store or "")
        files = {
            "collector.store_password_file": config.store_password_file,
            "collector.store_ca_file": config.store_ca_file,
        }
        self._made = Rotating(files, lambda: self._client(config))
        self._clients: list[httpx.AsyncClient] = []
        """All that were made and not closed, the newest last."""
        try:
            self._made.current()
        except (OSError, ValueError, ssl.SSLError) as error:
            named = ", ".join(f"{option} {path}" for option, path in files.items() if path is not None)
            raise UsageError(f"{named}: cannot be used: {_why(error)}") from error

    async def ask(
        self, statement: str, row: type[_Row], ids: Sequence[str] | None = None, /, **parameters: object
    ) -> list[_Row]:
        """The rows of an answer. `ids`: rows of a table `ids` with one column `id`, for this question only.

        Raises:
            ServerError: there is no answer.

        """
        files = None
        if ids is not None:
            parameters = parameters | {"ids_structure": "id String", "ids_format": "JSONCompactEachRow"}
            files = {"ids": ("ids", b"".join(f'["{one}"]\n'.encode() for one in ids))}
        body = await self._answer(statement, parameters, _ASKED_SECONDS, files=files)
        try:
            return msgspec.json.Decoder(row).decode_lines(body)
        except msgspec.DecodeError as error:
            raise ServerError("answers what was not asked for; is it ClickHouse?") from error

    async def do(
        self, statement: str, rows: Iterable[Sequence[Any]] | None = None, **parameters: object
    ) -> None:
        """Change something; `rows` are inserted.

        Raises:
            ServerError: it is not known to be done.

        """
        content = None if rows is None else msgspec.json.Encoder().encode_lines(rows)
        await self._answer(statement, parameters, _PUT_SECONDS, content=content)

    async def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients:
            await client.aclose()
        self._clients.clear()
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn

    async def _answer(
        self,
        statement: str,
        parameters: dict[str, object],
        seconds: int,
        *,
        content: bytes | None = None,
        files: dict[str, tuple[str, bytes]] | None = None,
    ) -> bytes:
        query: dict[str, str] = {name: str(value) for name, value in _SETTINGS.items()}
        query |= {"database": self.address.database, "max_execution_time": str(seconds)}
        for name, value in parameters.items():
            text = str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")  # as in its TSV
            query[name if name.startswith("ids_") else f"param_{name}"] = text
        if content is None and files is None:
            content = statement.encode()
        else:
            query["query"] = statement
        client = await self._current()
        try:
            async with (
                asyncio.timeout(seconds + _SPARE_SECONDS),
                client.stream("POST", self.address.url, params=query, content=content, files=files) as answer,
            ):
                body = bytearray()
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > (_MAX_ANSWER if answer.is_success else _MAX_ERROR):
                        break
        except (httpx.ConnectTimeout, TimeoutError) as error:
            raise ServerError("does not answer in time") from error
        except httpx.TransportError as error:
            raise ServerError(_unreachable(error)) from error
        if not answer.is_success:
            raise _refusal(answer.status_code, bytes(body))
        if len(body) > _MAX_ANSWER:
            raise ServerError("answers more than can be held")
        return bytes(body)

    async def _current(self) -> httpx.AsyncClient:
        client = await self._made.fresh()
        if client not in self._clients:
            for old in self._clients[:-1]:  # the last one may be in use
                await old.aclose()
            self._clients = [*self._clients[-1:], client]
        return client

    def _client(self, config: Collector) -> httpx.AsyncClient:
        headers = {"X-ClickHouse-User": self.address.user}
        if config.store_password_file is not None:
            with config.store_password_file.open("rb") as file:
                password = file.read(_PASSWORD + 1).strip()
            if not password or len(password) > _PASSWORD or not password.isascii() or b"\n" in password:
                raise ValueError("holds no password: one line of ASCII")
            headers["X-ClickHouse-Key"] = password.decode()
        context = ssl.create_default_context()
        if config.store_ca_file is not None:
            context.load_verify_locations(config.store_ca_file)
        return httpx.AsyncClient(
            headers=headers,
            verify=context,
            trust_env=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),  # of the whole: see `_answer`
            limits=httpx.Limits(max_connections=16, keepalive_expiry=_KEPT_SECONDS),
        )


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "holds no certificate (PEM)"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _unreachable(error: httpx.TransportError) -> str:
    """In words of ours, without those of the other side."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLCertVerificationError):
            return "shows a certificate that is not trusted (collector.store_ca_file)"
        if isinstance(found, ssl.SSLError):
            return "speaks no TLS that we speak"
        found = found.__cause__ or found.__context__
    return "cannot be reached" if isinstance(error, httpx.ConnectError) else "broke off"


def _refusal(status: int, body: bytes) -> ServerError:
    code = _EXCEPTION.search(body)
    if code is None:
        return ServerError(f"answers with status {status}, which ClickHouse does not")
    number, name = int(code[1]), _EXCEPTION_NAME.findall(body)
    named = f"error {number}" + (f", {name[-1].decode()}" if name else "")
    return ServerError(f"refuses ({named})" + (f": {_TOLD[number]}" if number in _TOLD else ""), number)
