"""The page, in a real Chromium: what it shows, live, and what it does not do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from contextlib import asynccontextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from interceptor.delivery.batches import captured_since
from tests.support.records import batch, headers, record, shop, time_of, unread
from tests.support.services import TOKEN, Running, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from playwright.async_api import Browser, BrowserContext, Page

    from interceptor.delivery.batches import Captured

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-domain-reliability", "--no-pings"),
)
SIZES = {"laptop": (1280, 800), "phone": (375, 812)}
WAIT_SECONDS = 30
"""For what takes one on an idle machine."""


def chromium() -> str:
    """The browser's path."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser"):
        if (path := shutil.which(name)) is not None:
            return path
    if os.environ.get("CI"):
        pytest.fail("needs chromium")
    pytest.skip("needs chromium")


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Running]:
    """A new one, with a token."""
    flags = ("--collector-database", tmp_path / "c.db")
    with running("collector", *flags, environment={"INTERCEPTOR_INGEST_TOKENS": TOKEN}) as it:
        yield it


async def send(
    collector: Running, *records: dict[str, Any], node: str = "node-1", captured: Captured | None = None
) -> None:
    """As an agent does, in batches of 5,000."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for start in range(0, len(records), 5_000):
            some = records[start : start + 5_000]
            sealed = batch(*some, node=node, created=time.time(), captured=captured)
            answer = await client.post(
                f"{collector.url}/v1/batches", content=sealed.body, headers=headers(sealed)
            )
            assert answer.status_code == 202


class Seen:
    """A page, and everything that it said and asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))

    async def texts(self, selector: str) -> list[str]:
        """What the elements say."""
        return await self.page.locator(selector).all_inner_texts()

    async def rows(self, table: str) -> list[list[str]]:
        """The cells of a table's body."""
        script = "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        found: list[list[str]] = await self.page.locator(table).evaluate(script)
        return found

    async def places(self, *selectors: str) -> list[dict[str, float]]:
        """Where elements are, with the first of them in view; asked at once, as the page draws them anew now and then."""
        script = """selectors => {
            const elements = selectors.map(one => document.querySelector(one))
            elements[0].scrollIntoView({block: 'center', behavior: 'instant'})
            return elements.map(one => one.getBoundingClientRect()).map(({x, y, width, height}) => ({x, y, width, height}))
        }"""
        found: list[dict[str, float]] = await self.page.evaluate(script, list(selectors))
        return found

    async def until(self, what: str, script: str) -> None:
        """Wait until an expression holds in the page. Asked from outside: the page's policy lets nothing be evaluated."""
        end = time.monotonic() + WAIT_SECONDS
        while not await self._holds(script):
            if time.monotonic() > end:
                pytest.fail(f"never came: {what}; {self.complaints}")
            await asyncio.sleep(0.05)

    async def _holds(self, script: str) -> bool:
        try:
            return bool(await self.page.evaluate(script))
        except PlaywrightError:  # between two pages
            return False

    async def overflow(self) -> int:
        """By how much the page is wider than the window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        width: int = await self.page.evaluate(script)
        return width


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A browser with a profile of its own."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield started
        finally:
            await started.close()


@asynccontextmanager
async def looking(collector: Running, size: str = "laptop", scheme: Any = "light") -> AsyncIterator[Seen]:
    """Somebody who has signed in."""
    width, height = SIZES[size]
    async with browser() as started:
        context: BrowserContext = await started.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale="en-GB",
            timezone_id="UTC",
        )
        seen = Seen(await context.new_page())
        await seen.page.goto(f"{collector.url}/")
        # as somebody who types: the browser complains where a field is taken before it has given the focus itself
        await seen.until("the focus", "document.activeElement?.id === 'token'")
        await seen.page.fill("#token", TOKEN)
        await seen.page.click("button[type=submit]")
        await seen.until("the page", "document.querySelector('#state')?.className.includes('live')")
        yield seen


def check(body: Callable[[], Awaitable[None]]) -> None:
    """Run it; fail if it hangs."""

    async def bounded() -> None:
        async with asyncio.timeout(120):
            await body()

    asyncio.run(bounded())


def test_what_it_shows_is_what_was_sent(collector: Running) -> None:
    """Totals, endpoints, pairs, statuses and agents: as counted by hand; and only this server is asked."""
    made = shop(3_000, end=time.time(), seconds=600)

    async def body() -> None:
        await send(collector, *made[:2_000], node="node-a")
        await send(collector, *made[2_000:], node="node-b")
        async with looking(collector) as seen:
            await seen.until("the totals", "document.querySelector('#calls').textContent === '3,000'")
            failed = sum(each.get("http.response.status_code", 0) >= 500 for each in made)
            assert f"{failed} answers 5xx" in await seen.page.inner_text("#failing-note")
            assert await seen.page.inner_text("#heard") == "2 of 2"

            await seen.page.click("#endpoints-more")
            shown = {
                tuple(row[0].split()): int(row[2].replace(",", "")) for row in await seen.rows("#endpoints")
            }
            expected: dict[tuple[str, ...], int] = {}
            for each in made:
                port = "" if each["server.port"] == 80 else f":{each['server.port']}"
                key = (each["http.request.method"], each["url.template"], each["server.address"] + port)
                expected[key] = expected.get(key, 0) + 1
            assert shown == expected

            await seen.page.click("#view-overview summary")
            pairs = {(row[0], row[1]): row[2] for row in await seen.rows("#calls-table")}
            orders = sum(each["server.address"] == "payments.shop" for each in made)
            assert pairs["orders.shop", "payments.shop:8080"] == str(orders)
            names = await seen.page.locator("#map text").evaluate_all(
                "all => all.map(one => one.firstChild.data)"
            )
            assert {"web.shop", "api.shop", "orders.shop", "payments.shop"} <= set(names)

            agents = {row[0]: row[3] for row in await seen.rows("#agents")}
            assert agents == {"node-a": "2,000", "node-b": "1,000"}
            statuses = set(await seen.texts("#statuses .badge"))
            assert statuses == {str(each.get("http.response.status_code", "none")) for each in made}

            latest = (await seen.rows("#records"))[0]
            assert latest[3].split()[:2] == [made[-1]["http.request.method"], made[-1]["url.template"]]

            assert seen.complaints == []
            assert {url.split("/")[2] for url in seen.requests} == {collector.url.split("/")[2]}

    check(body)


def calls_of(count: int, template: str, status: int, age: float, **fields: Any) -> list[dict[str, Any]]:
    """So many calls of a shop, some time ago."""
    now = time.time()
    return [
        record(
            time=time_of(now - age + number / 1_000),
            server_address="shop.test",
            url_template=template,
            http_response_status_code=status,
            **fields,
        )
        for number in range(count)
    ]


async def shown(seen: Seen, count: int) -> set[tuple[str, str]]:
    """What so many rows of transactions are of."""
    rows = f"document.querySelector('#records').tBodies[0].rows.length === {count}"
    await seen.until(f"{count} rows", rows)
    return {(row[3].split()[1], row[4]) for row in await seen.rows("#records")}


LOOKS = [("laptop", "light"), pytest.param("phone", "dark", marks=pytest.mark.thorough)]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_from_a_failing_service_to_one_transaction_and_back(
    collector: Running, size: str, scheme: str
) -> None:
    """Each step narrows everything, is in the address, has a chip, and is undone by going back."""

    async def body() -> None:
        await send(
            collector,
            *calls_of(70, "/pay", 503, 60),
            *calls_of(30, "/pay", 200, 40),
            *calls_of(80, "/cart", 200, 20),
        )
        await send(collector, record(time=time_of(time.time()), server_address="other.test"))
        async with looking(collector, size, scheme) as seen:
            page = seen.page

            async def calls(count: int) -> None:
                await seen.until(
                    f"{count} calls", f"document.querySelector('#calls').textContent === '{count}'"
                )

            await calls(181)
            await seen.until("what fails", "document.querySelector('#failing-services button') !== null")
            await page.click("#failing-services button")
            await calls(70)
            assert "service=shop.test&class=5" in page.url
            assert await seen.texts("#chips .chip b") == ["shop.test", "5xx"]
            await page.click("#failing-table tbody tr")
            await seen.until("its chip", "document.querySelectorAll('#chips .chip').length === 3")
            assert "GET /pay at shop.test" in await seen.texts("#chips .chip b")
            assert await shown(seen, 12) == {("/pay", "503")}
            await page.click("#records-more")
            assert await shown(seen, 50) == {("/pay", "503")}
            await page.click("#records-more")
            assert await shown(seen, 70) == {("/pay", "503")}
            assert await page.is_hidden("#records-more")
            await page.click("#records tbody tr:last-child")
            assert await page.is_visible("#record")
            assert "503" in await page.inner_text("#record-lines")
            assert await seen.overflow() == 0
            await page.keyboard.press("Escape")

            await page.go_back()
            await seen.until("its chip gone", "document.querySelectorAll('#chips .chip').length === 2")
            await page.go_back()
            await calls(181)
            assert await page.is_hidden("#chips")
            await page.go_forward()
            await calls(70)
            await page.reload()  # whoever is given the address sees the same
            await calls(70)
            await page.click("#chips button[aria-label='Remove: Answer 5xx']")
            await calls(180)
            await page.focus("#endpoints tr:has-text('/cart')")
            await page.keyboard.press("Enter")
            await calls(80)
            await page.click("#chips .quiet")
            await calls(181)
            assert seen.complaints == []

    check(body)


def test_everything_that_is_shown_narrows(collector: Running) -> None:
    """An edge of the map, an answer, a slot of time, an agent, an anomaly, a range that is drawn or written."""

    async def body() -> None:
        odd = calls_of(3, "/odd", 200, 20, anomalies=["obs_fold"], source_address="10.0.0.7")
        await send(collector, *calls_of(20, "/pay", 503, 1_800), *odd, node="one")
        await send(collector, *calls_of(40, "/cart", 404, 1_200), node="two")
        async with looking(collector) as seen:
            page = seen.page

            async def calls(count: int) -> None:
                await seen.until(
                    f"{count} calls", f"document.querySelector('#calls').textContent === '{count}'"
                )

            async def back() -> None:
                await page.go_back()
                await calls(63)

            await calls(63)
            await page.click("#statuses button:has-text('404')")
            await calls(40)
            await back()
            await page.evaluate(
                "[...document.querySelectorAll('#map .link')].find(one => one.link.calls === 3).dispatchEvent(new MouseEvent('click', {bubbles: true}))"
            )
            await calls(3)
            assert "caller=10.0.0.7&service=shop.test" in page.url
            await back()
            await page.click("nav a:text-is('Agents')")
            await page.click("#agents tbody tr:has-text('two')")
            await calls(40)
            await page.go_back()
            await page.click("nav a:text-is('Security')")
            await page.click("#anomalies-table tbody tr")
            await calls(3)
            assert "anomaly=obs_fold" in page.url
            await page.click("#chips .quiet")
            await calls(63)

            async def narrows(press: Callable[[], Awaitable[None]], count: int) -> None:
                """What stands beside the chart may come between the look at it and the press, and move it."""
                shown = f"document.querySelector('#calls').textContent === '{count}'"
                for _ in range(5):
                    before = page.url
                    await press()
                    for _ in range(100):
                        if "from=" in page.url and await page.evaluate(shown):
                            return
                        await page.wait_for_timeout(50)
                    if page.url != before:
                        await back()
                pytest.fail(f"never narrowed to {count} calls")

            async def click() -> None:
                _, slot = await seen.places("#traffic svg", "#traffic .fill-refused")
                await page.mouse.click(slot["x"] + slot["width"] / 2, slot["y"] + 5)

            async def drag() -> None:
                box, slot = await seen.places("#traffic svg", "#traffic .fill-refused")
                await page.mouse.move(slot["x"] + slot["width"] / 2, box["y"] + 60)
                await page.mouse.down()
                await page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 60, steps=4)
                await page.mouse.up()

            await narrows(click, 40)
            assert await page.locator("#ranges input:checked").count() == 0
            await back()
            await narrows(drag, 43)
            await page.click("#free-times summary")
            stamp = "%Y-%m-%dT%H:%M"
            now = time.time()
            await page.fill("#free-from", time.strftime(stamp, time.gmtime(now - 2_400)))
            await page.fill("#free-to", time.strftime(stamp, time.gmtime(now - 1_500)))
            await page.click("#free button")
            await calls(20)
            assert seen.complaints == []

    check(body)


def test_what_comes_in_during_a_press_does_not_cost_it(collector: Running) -> None:
    """The chart that somebody presses on stays until he lets go."""

    async def body() -> None:
        await send(collector, *calls_of(5, "/cart", 404, 1_200))
        async with looking(collector) as seen:
            await seen.until("5 calls", "document.querySelector('#calls').textContent === '5'")
            await seen.page.wait_for_load_state("networkidle")  # nothing beside the chart comes any more
            _, slot = await seen.places("#traffic svg", "#traffic .fill-refused")
            await seen.page.mouse.move(slot["x"] + slot["width"] / 2, slot["y"] + 5)
            await seen.page.mouse.down()
            await send(collector, *calls_of(1, "/pay", 200, 600))
            await seen.until("6 calls", "document.querySelector('#calls').textContent === '6'")
            await seen.page.mouse.up()
            await seen.until("a slot's calls", "document.querySelector('#calls').textContent === '5'")
            assert "from=" in seen.page.url
            assert seen.complaints == []

    check(body)


def test_the_page_is_narrowed_to_a_namespace(collector: Running) -> None:
    """Those that are seen can be chosen; where nothing has one, there is no choice. A service that is shown can be asked for."""
    web = {"source.name": "shop/web"}
    cart = {"destination.name": "shop/cart", "destination.port": 80}
    ledger = {"source.name": "shop/cart", "destination.name": "pay/ledger"}
    backup = {"source.name": "pay/backup", "destination.name": "pay/ledger"}

    async def body() -> None:
        await send(collector, *calls_of(2, "/unnamed", 200, 1_000))
        async with looking(collector) as seen:
            page = seen.page

            async def calls(count: int) -> None:
                await seen.until(
                    f"{count} calls", f"document.querySelector('#calls').textContent === '{count}'"
                )

            await calls(2)
            assert not await page.is_visible("#namespaces")
            await send(
                collector,
                *calls_of(5, "/cart", 200, 900, **web, **cart),
                *calls_of(7, "/book", 200, 800, **ledger),
                *calls_of(11, "/save", 200, 700, **backup),
            )
            await calls(25)
            assert await seen.texts("#namespaces option") == ["all namespaces", "pay", "shop"]
            await page.select_option("#namespaces", "shop")
            await calls(12)
            assert "namespace=shop" in page.url
            assert await seen.texts("#chips .chip b") == ["shop"]
            await page.click("summary:has-text('As a table')")
            assert {(row[0], row[1]) for row in await seen.rows("#calls-table")} == {
                ("shop/web", "shop/cart"),
                ("shop/cart", "pay/ledger:8080"),
            }
            await page.select_option("#namespaces", "")
            await calls(25)
            assert "namespace" not in page.url
            await page.go_back()
            await calls(12)
            assert await page.input_value("#namespaces") == "shop"
            await page.click("#records tbody tr:has-text('/book')")
            await page.click("#record-lines .narrower:has-text('pay/ledger:8080')")
            await calls(7)
            assert "service=pay%2Fledger%3A8080" in page.url
            assert seen.complaints == []

    check(body)


def test_an_answer_that_comes_when_something_else_is_looked_at_is_not_shown(collector: Running) -> None:
    """Its body may take longer than its head: a range gone back from is neither shown nor asked for by a name."""
    slow = """seconds => {
        const json = Response.prototype.json
        Response.prototype.json = async function () {
            const read = await json.call(this)
            if (this.url.includes('from=')) await new Promise(done => setTimeout(done, seconds * 1_000))
            window.late = (window.late ?? 0) + this.url.includes('/v1/overview?from=')
            return read
        }
    }"""

    async def body() -> None:
        await send(collector, *calls_of(20, "/pay", 503, 1_800), *calls_of(40, "/cart", 404, 1_200))
        async with looking(collector) as seen:
            page = seen.page
            await seen.until("60 calls", "document.querySelector('#calls').textContent === '60'")
            await page.evaluate(slow, 1)
            now = int(time.time())
            async with page.expect_response(lambda answer: "/v1/overview?from=" in answer.url):
                await page.evaluate(f"location.hash = '#from={now - 2_400}&to={now - 1_500}'")
            await page.evaluate("location.hash = ''")
            await seen.until("the answer that took long", "window.late > 0")
            await seen.until("the page", "document.querySelector('#state').className.includes('live')")
            assert await seen.texts("#calls") == ["60"]
            assert not [url for url in seen.requests if "range=free" in url]
            assert seen.complaints == []

    check(body)


def test_the_inventory_is_found_and_saved(collector: Running, tmp_path: Path) -> None:
    """By a part of its name, with what its requests are like; as CSV and as OpenAPI; hostile names are text."""

    async def body() -> None:
        hostile = "/<img src=x onerror=alert(1)>"
        like = {"http.request.header.names": ["host", "authorization"], "url.query.keys": ["page"]}
        await send(
            collector,
            *calls_of(5, "/orders/{id}", 200, 60, **like),
            *calls_of(2, hostile, 200, 60, source_address="<b>who</b>", anomalies=["obs_fold"]),
            *calls_of(30, "/admin.php", 404, 60, source_address="192.0.2.66"),
        )
        async with looking(collector) as seen:
            page = seen.page
            await page.click("nav a:text-is('Inventory')")
            await seen.until("rows", "document.querySelectorAll('#inventory-table tbody tr').length === 2")
            [orders] = [row for row in await seen.rows("#inventory-table") if "/orders/{id}" in row[0]]
            assert (orders[1], orders[4], orders[6]) == ("5", "authorization", "page")
            await page.check("#inventory-probes")
            await seen.until(
                "the probe", "document.querySelectorAll('#inventory-table tbody tr').length === 3"
            )
            await page.uncheck("#inventory-probes")
            await page.fill("#inventory-search", "ORDERS")
            await seen.until("one", "document.querySelectorAll('#inventory-table tbody tr').length === 1")
            for button, text in (("csv", "/orders/{id}"), ("openapi", '"/orders/{id}"')):
                async with page.expect_download() as waiting:
                    await page.click(f"#inventory-{button}")
                saved = tmp_path / button
                await (await waiting.value).save_as(saved)
                assert text in saved.read_text()
                assert "<img" not in saved.read_text()
            document = {"openapi": "3.1.0", "paths": {"/orders/{n}": {"get": {}, "put": {}}}}
            given = tmp_path / "shop.json"
            given.write_text(json.dumps(document))
            await page.fill("#inventory-search", "")
            await page.set_input_files("#compare", given)
            await seen.until("a comparison", "document.querySelector('#undocumented tbody tr') !== null")
            assert hostile in (await seen.rows("#undocumented"))[0][0]
            assert [row[0].split() for row in await seen.rows("#unused")] == [["PUT", "/orders/{n}"]]
            assert await seen.overflow() == 0
            given.write_text("openapi: 3.1.0")
            await page.set_input_files("#compare", given)
            await seen.until(
                "a refusal", "document.querySelector('#comparison-note').textContent.includes('YAML')"
            )
            assert len(seen.complaints) == 1  # the browser's own, of an answer that is 400
            seen.complaints.clear()
            await page.click("nav a:text-is('Agents')")
            async with page.expect_download() as waiting:
                await page.click("#view-agents [data-save]")
            await (await waiting.value).save_as(tmp_path / "agents.csv")
            assert "node-1" in (tmp_path / "agents.csv").read_text()
            await page.click("nav a:text-is('Security')")
            await seen.until("scanners", "document.querySelectorAll('#scanners-table tbody tr').length === 1")
            assert (await seen.rows("#scanners-table"))[0][0] == "192.0.2.66"
            assert (await seen.rows("#anomalies-table"))[0][2] == "<b>who</b>"
            assert (await seen.rows("#cleartext-table"))[0][:2] == ["shop.test", "authorization"]
            await page.click("#anomalies-table tbody tr")
            await seen.until("the chip", "document.querySelectorAll('#chips .chip').length === 3")
            assert "<b>who</b>" in await seen.texts("#chips .chip b")
            await page.goto(f"{collector.url}/#service=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&view=inventory")
            await seen.until("the chip", "document.querySelectorAll('#chips .chip').length === 1")
            assert await page.locator("img[src=x], b b").count() == 0
            assert seen.complaints == []

    check(body)


def test_agents_that_lose_packets_or_records_are_red(collector: Running) -> None:
    """With how many, where, and for how long nothing was captured; and what waits, from a minute on with how long."""
    red = "element => getComputedStyle(element).color"

    async def body() -> None:
        now = time.time()
        for node, captured in (
            ("whole", captured_since(now, 5_000, 0, 0, 0.0)),
            ("losing", captured_since(now, 900, 60, 40, 0.0)),
            ("blind", captured_since(now, 900, 0, 0, 75.0).delivering(5, 59, 0)),
            ("full", captured_since(now, 900, 0, 0, 0.0, 1).delivering(1_200, 90, 17)),
            ("silent", None),
        ):
            await send(collector, record(time=time_of(now)), node=node, captured=captured)
        async with looking(collector) as seen:
            await seen.until("the warning", "!document.querySelector('#tile-losing').hidden")
            await seen.page.click("#tile-losing")
            await seen.until("the agents", "!document.querySelector('#view-agents').hidden")
            assert (await seen.texts("#losing")) == [
                "3 agents lose packets or records: what they report is not all that there was."
            ]
            rows = [[" ".join(cell.split()) for cell in row] for row in await seen.rows("#agents")]
            shown = {row[0]: (row[5], row[6], *row[8:10]) for row in rows}
            none = "\u2013"
            assert shown == {
                "whole": ("0", "0 s", none, none),
                "losing": ("100 (10 %) 60 kernel, 40 interface", "0 s", none, none),
                "blind": ("0", "75 s", "5", "0"),
                "full": ("0", "0 s", "1,200 for 90 s", "17"),
                "silent": (none, none, none, none),
            }
            marked = seen.page.locator("#agents .losing")
            assert set(await marked.all_inner_texts()) == {"100 (10 %)", "75 s", "17"}
            colours = {await one.evaluate(red) for one in await marked.all()}
            assert colours == {await seen.page.locator("#losing").evaluate(red)}
            assert colours != {await seen.page.locator("#agents td").first.evaluate(red)}
            assert seen.complaints == []

    check(body)


@pytest.mark.parametrize("size", SIZES)
def test_the_table_of_agents_fits_the_screen(collector: Running, size: str) -> None:
    """When each was last heard is in sight, whatever they lose: names of nodes give way."""

    async def body() -> None:
        now = time.time()
        told = captured_since(now, 9_000_000, 6_000_000, 40_000, 75.0, 12).delivering(99_000, 4_000, 17_345)
        await send(collector, record(time=time_of(now)), node="ip-10-0-0-1.ec2.internal", captured=told)
        async with looking(collector, size) as seen:
            await seen.page.click("nav a[data-view=agents]")
            await seen.until("the agents", "document.querySelector('#agents tbody tr')?.checkVisibility()")
            assert await seen.overflow() == 0
            edge = "document.querySelector('#view-agents .scroll').getBoundingClientRect().right"
            times = "document.querySelector('#agents tbody tr td:last-child').getBoundingClientRect().right"
            assert await seen.page.evaluate(f"{times} <= {edge}")

    check(body)


def test_what_could_not_be_read_is_a_tile_and_a_table(collector: Running) -> None:
    """Also where nothing at all was read; a click away, by server, with the names that clients have for it."""

    async def body() -> None:
        now = time_of(time.time())
        lost = {"server_address": None, "server_port": None, "network_protocol_name": None}
        await send(
            collector,
            unread(time=now, unread_bytes=3 * 2**20, unread_connections=7),
            unread(time=now, **lost, unread_reason="unrecognized", unread_bytes=2_048),
            record(
                time=now,
                kind="tls",
                server_address="pay.example",
                destination_address="10.0.0.9",
                destination_port=443,
            ),
        )
        async with looking(collector) as seen:
            await seen.until("that there were no calls", "!document.querySelector('#quiet').hidden")
            assert await seen.texts("#quiet-unread") == ["3 MiB could not be read."]
            await send(collector, record(time=now))
            await seen.until("the tile", "!document.querySelector('#view-overview').hidden")
            assert await seen.texts("#not-read") == ["3 MiB"]
            assert await seen.texts("#not-read-note") == ["of 2 servers: 3 MiB tls, 2 KiB not recognized"]
            await seen.page.click("#unread-tile a")
            await seen.until("the table", "!document.querySelector('#view-agents').hidden")
            shown = [row[:6] for row in await seen.rows("#unread")]
            assert shown == [
                ["10.0.0.9:443\npay.example", "tls", "encrypted", "7", "3 MiB", "1"],
                ["not known", "\u2013", "not recognized", "2", "2 KiB", "1"],
            ]
            assert seen.complaints == []

    check(body)


def test_what_comes_in_appears_by_itself(collector: Running) -> None:
    """From the empty state on, without a reload."""

    async def body() -> None:
        async with looking(collector) as seen:
            await seen.until("the empty state", "!document.querySelector('#empty').hidden")
            assert collector.url in await seen.page.inner_text("#empty")
            await seen.page.evaluate("window.same = true")
            await send(collector, record(time=time_of(time.time()), server_address="first.test"))
            await seen.until("the first call", "document.querySelector('#calls').textContent === '1'")
            assert await seen.page.locator("#empty").is_hidden()
            await send(collector, record(time=time_of(time.time()), server_address="second.test"))
            await seen.until("the second call", "document.querySelector('#calls').textContent === '2'")
            assert {row[2] for row in await seen.rows("#records")} == {"first.test", "second.test"}
            assert await seen.page.evaluate("window.same")
            assert seen.complaints == []

    check(body)


def test_the_first_commands_work_as_they_are_shown(collector: Running, tmp_path: Path) -> None:
    """The endpoint, and what an http:// one needs: `check` finds the collector and its token good."""
    (tmp_path / "token").write_text(TOKEN)

    async def body() -> None:
        async with looking(collector) as seen:
            await seen.until("the empty state", "!document.querySelector('#empty').hidden")
            shown = [text.split() for text in await seen.texts("#empty pre")]
            assert [words[:2] for words in shown[1:]] == [["interceptor", "run"], ["interceptor", "check"]]
            assert shown[1][2:] == shown[2][2:]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *shown[2]),
                *("--capture-sources", "live:", "--spool-directory", str(tmp_path / "spool")),
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told = (await process.communicate())[0].decode()
            assert "token: accepted" in told, told

    check(body)


HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "&lt;b&gt;\u202ebidi\u0000\ud7ff",
    "{{7*7}}${7*7}",
    "constructor",
    "__proto__",
)


AXE = resources.files("axe_playwright_python").joinpath("axe.min.js")
VIOLATIONS = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" ")}`);
}"""


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_axe_finds_nothing_serious(collector: Running, size: str, scheme: str) -> None:
    """In any view, with traffic of all kinds, in a transaction that is open, and where one signs in (WCAG 2.2 AA)."""

    async def body() -> None:
        now = time.time()
        odd = calls_of(
            3, "/odd", 503, 20, anomalies=["obs_fold"], **{"http.request.header.names": ["cookie"]}
        )
        scan = calls_of(30, "/admin.php", 404, 60, source_address="192.0.2.66")
        named = calls_of(9, "/named", 200, 70, **{"source.name": "shop/web"})
        await send(
            collector, *shop(800, end=now), *odd, *scan, *named, captured=captured_since(now, 90, 6, 4, 1.0)
        )
        async with looking(collector, size, scheme) as seen:
            await seen.until("the page", "document.querySelector('#map svg') !== null")
            await seen.page.evaluate(AXE.read_text())
            found: dict[str, list[str]] = {}
            for view in ("overview", "inventory", "security", "agents"):
                await seen.page.click(f"nav a[data-view={view}]")
                rows = f"#view-{view} tbody tr"
                await seen.until(view, f"document.querySelector('{rows}')?.checkVisibility()")
                found[view] = await seen.page.evaluate(VIOLATIONS)
            await seen.page.click("nav a[data-view=overview]")
            await seen.page.click("#failing-table tbody tr")
            await seen.page.click("#records tbody tr")
            found["a transaction"] = await seen.page.evaluate(VIOLATIONS)
            await seen.page.keyboard.press("Escape")
            await seen.page.click(".leave button")
            await seen.page.wait_for_selector("#token")
            await seen.page.evaluate(AXE.read_text())
            found["login"] = await seen.page.evaluate(VIOLATIONS)
            assert {view: told for view, told in found.items() if told} == {}

    check(body)


def test_traffic_is_text(collector: Running) -> None:
    """Whatever names hold is shown, not run: markup, attributes, prototypes, control characters."""

    async def body() -> None:
        now = time_of(time.time())
        made = [
            record(
                time=now,
                server_address=f"a{text}",
                url_template=f"/{text}",
                http_request_method="_OTHER",
                source_address=text,
                **{"http.request.method_original": text, "user_agent.original": text},
            )
            for text in HOSTILE
        ]
        await send(collector, *made, node="<b>node</b>")
        async with looking(collector) as seen:
            await seen.until(
                "the calls", f"document.querySelector('#calls').textContent === '{len(HOSTILE)}'"
            )
            templates = await seen.page.locator("#endpoints .template").evaluate_all(
                "all => all.map(one => one.textContent)"
            )
            assert set(templates) == {f"/{text}" for text in HOSTILE}
            await seen.page.locator("#records tbody tr").first.click()
            assert await seen.page.locator("#record").is_visible()
            await seen.page.click("#record summary")
            assert HOSTILE[-1] in await seen.page.inner_text("#record-text")
            await seen.page.keyboard.press("Escape")
            await seen.page.fill("#filter", "<img")
            await seen.until("the filter", "document.querySelectorAll('#endpoints tbody tr').length === 1")
            assert await seen.page.locator("main img, main script, main b[onmouseover]").count() == 0
            assert seen.complaints == []

    check(body)


def test_columns_sort_and_rows_filter(collector: Running) -> None:
    """A click sorts, another one turns it round; typing filters; a button shows the rest."""

    async def body() -> None:
        await send(collector, *shop(2_000, end=time.time(), seconds=600))
        async with looking(collector) as seen:
            await seen.until("rows", "document.querySelectorAll('#endpoints tbody tr').length === 12")
            await seen.page.click("#endpoints th button:text-is('Endpoint')")
            names = [row[0] for row in await seen.rows("#endpoints")]
            await seen.page.click("#endpoints th button:text-is('Endpoint')")
            turned = [row[0] for row in await seen.rows("#endpoints")]
            assert names[0] != turned[0]
            assert (
                await seen.page.get_attribute("#endpoints th[aria-sort=descending]", "aria-sort")
                == "descending"
            )
            await seen.page.click("#endpoints th button:text-is('Calls')")
            calls = [int(row[2].replace(",", "")) for row in await seen.rows("#endpoints")]
            assert calls == sorted(calls, reverse=True)
            await seen.page.fill("#filter", "payments post")
            await seen.until("a note", "document.querySelector('#endpoints-note').textContent !== ''")
            await seen.page.fill("#filter", "PAYMENTS")
            await seen.until("filtered", "document.querySelectorAll('#endpoints tbody tr').length === 2")
            assert seen.complaints == []

    check(body)


def test_ranges_are_kept_in_the_address(collector: Running) -> None:
    """A click asks for another range, a reload keeps it; an old capture is shown unasked."""

    async def body() -> None:
        await send(collector, *shop(500, end=time.time() - 90 * 86_400, seconds=300))
        async with looking(collector) as seen:
            await seen.until("all of it", "document.querySelector('#calls').textContent === '500'")
            assert await seen.page.is_checked("#ranges input[value=all]")
            await seen.page.click("#ranges label:has(input[value='1h'])")
            await seen.until("nothing", "!document.querySelector('#quiet').hidden")
            await seen.page.reload()
            await seen.until("nothing", "!document.querySelector('#quiet').hidden")
            assert await seen.page.is_checked("#ranges input[value='1h']")
            await seen.page.click("#everything")
            await seen.until("all of it", "!document.querySelector('#view-overview').hidden")
            assert seen.complaints == []

    check(body)


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        ("laptop", "light"),
        ("phone", "dark"),
        pytest.param("laptop", "dark", marks=pytest.mark.thorough),
        pytest.param("phone", "light", marks=pytest.mark.thorough),
    ],
)
def test_it_fits_the_screen(collector: Running, tmp_path: Path, size: str, scheme: str) -> None:
    """No sideways scrolling of the page, empty or full, with long names too; pictures for whoever wants to look."""

    async def body() -> None:
        kept = os.environ.get("SCREENSHOTS")
        long = record(
            time=time_of(time.time()),
            server_address="a-service-with-a-very-long-name.and-a-namespace.svc.cluster.local",
            url_template="/a/very/long/path/" + "segment/" * 30,
            http_request_method="_OTHER",
            **{"http.request.method_original": "VERYLONGMETHODTHATNOBODYWOULDUSE"},
        )
        async with looking(collector, size, scheme) as seen:
            await seen.until("the empty state", "!document.querySelector('#empty').hidden")
            assert await seen.overflow() == 0
            await send(
                collector,
                *shop(4_000, end=time.time(), seconds=3_000),
                long,
                unread(time=long["time"]),
                node="n" * 60,
            )
            await seen.until("the page", "document.querySelector('#map svg') !== null")
            await seen.page.click("#view-overview summary")
            await seen.page.click("#endpoints-more")
            assert await seen.overflow() == 0
            folder = tmp_path if kept is None else kept
            await seen.page.screenshot(path=f"{folder}/{size}-{scheme}.png", full_page=True)
            contrast = await seen.page.evaluate(CONTRAST)
            assert contrast >= 4.5, "text is to be read (WCAG 2.2, 1.4.3)"
            assert seen.complaints == []
            await seen.page.click(".leave button")  # a question that is under way is answered with 401 then
            await seen.page.wait_for_selector("#token")
            assert await seen.overflow() == 0
            await seen.page.screenshot(path=f"{folder}/{size}-{scheme}-login.png")

    check(body)


@pytest.mark.parametrize("size", SIZES)
def test_no_time_and_no_label_is_cut(collector: Running, size: str) -> None:
    """Of days ago, as of a capture that was read: the time is in every row, and labels of charts are within their charts."""
    clipped = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.innerText)"
    outside = """texts => texts.filter(text => {
        const [box, chart] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
        return box.left < chart.left - 0.5 || box.right > chart.right + 0.5;
    }).map(text => text.textContent)"""

    async def body() -> None:
        long_ago = time.time() - 90 * 86_400
        await send(collector, *shop(3_000, end=long_ago, seconds=3_000))
        slow = record(time=time_of(long_ago), duration_us=100_000_000)
        await send(collector, slow, *[slow | {"id": f"{2**100 + n:032x}"} for n in range(200)])
        async with looking(collector, size) as seen:
            await seen.page.locator("#ranges label", has_text="all").click()
            await seen.until("the page", "document.querySelector('#map svg') !== null")
            assert await seen.page.locator("#records td.time").evaluate_all(clipped) == []
            assert await seen.page.locator(".chart svg text").evaluate_all(outside) == []
            assert await seen.page.locator(".chart svg text").count() > 10
            assert "Times are of the zone UTC (UTC+0)." in await seen.page.inner_text("footer")
            assert await seen.overflow() == 0

    check(body)


CONTRAST = """
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const panel = light(getComputedStyle(document.querySelector(".panel")).backgroundColor);
  const texts = [...document.querySelectorAll("h2, .figure, .note, .badge, th, td, small, .method")];
  return Math.min(...texts.map((text) => {
    const own = light(getComputedStyle(text).color);
    return (Math.max(own, panel) + 0.05) / (Math.min(own, panel) + 0.05);
  }));
}
"""


def test_a_collector_that_is_away_is_told_and_found_again(collector: Running, tmp_path: Path) -> None:
    """What was shown stays; when it is back the page goes on by itself, signed in as before."""

    async def body() -> None:
        await send(collector, record(time=time_of(time.time())))
        async with looking(collector) as seen:
            await seen.until("the call", "document.querySelector('#calls').textContent === '1'")
            collector.stop()
            await seen.until("the loss", "document.querySelector('#state').className.includes('lost')")
            assert await seen.page.inner_text("#calls") == "1"
            port = collector.url.rpartition(":")[2]
            flags = ("--collector-database", tmp_path / "c.db", "--server-port", port)
            with running("collector", *flags, environment={"INTERCEPTOR_INGEST_TOKENS": TOKEN}) as again:
                await send(again, record(time=time_of(time.time())))
                await seen.until("the second call", "document.querySelector('#calls').textContent === '2'")
                # the browser itself reports requests that fail
                assert all("ERR_CONNECTION" in text or "ERR_EMPTY" in text for text in seen.complaints)

    check(body)


def test_a_wrong_token_is_told(collector: Running) -> None:
    """In words; the right one opens."""

    async def body() -> None:
        async with browser() as started:
            page = await started.new_page()
            await page.goto(collector.url)
            assert await page.locator("#refused").is_hidden()
            await page.fill("#token", "other")
            await page.click("button[type=submit]")
            await page.wait_for_selector("#refused", state="visible")
            await page.fill("#token", TOKEN)
            await page.click("button[type=submit]")
            await page.wait_for_selector("#ranges")

    check(body)


def test_what_goes_on_is_marked(collector: Running) -> None:
    """A stream that was reported at the deadline shows so, and when its first byte came; a call shows how long it took."""

    async def body() -> None:
        stream = record(
            time=time_of(time.time() - 60),
            duration_us=3_600_000_000,
            ttfb_us=3_000,
            anomalies=["cut_short", "deadline"],
            http_response_state="truncated",
            url_template="/events",
        )
        await send(
            collector, stream, record(time=time_of(time.time() - 59), duration_us=2_000, ttfb_us=1_900)
        )
        async with looking(collector) as seen:
            await seen.until("rows", "document.querySelectorAll('#records tbody tr').length === 2")
            call, stream_shown = await seen.rows("#records")
            assert stream_shown[3].startswith("GET /events")
            assert stream_shown[-1] == "60 min\nongoing, first byte 3 ms"
            assert call[-1] == "2 ms"
            # The stream is in no percentile.
            assert await seen.texts("#slow") == ["2 ms"]

    check(body)
