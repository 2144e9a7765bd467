"""`interceptor interfaces`: the table."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from interceptor.capture.interfaces import Decision
from interceptor.capture.source import Offer
from interceptor.capture.sources import Row
from interceptor.cli import main
from tests.support.netns import Namespace
from tests.support.rpcapd import ROOT

if TYPE_CHECKING:
    import pytest

    from tests.support.rpcapd import Host


def listed(host: Host, *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the command inside."""
    done = subprocess.run(
        Namespace(host.name).wrap(
            [sys.executable, "-W", "error", "-m", "interceptor", "interfaces", *arguments]
        ),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_what_an_rpcapd_offers_with_the_rule_for_each(host: Host) -> None:
    """A line for each interface; what is excluded says why."""
    daemon = host.rpcapd()
    status, output, errors = listed(host, daemon.url, "--capture-interfaces-exclude", "lo,any,nf*")
    assert (status, errors) == (0, "")
    head, columns, *rows = output.splitlines()
    assert head == daemon.url
    assert columns.split() == ["INTERFACE", "CAPTURED", "RULE", "STATE", "ADDRESSES", "DESCRIPTION"]
    cells = {row.split()[0]: row.split()[1:5] for row in rows if row and " of " not in row}
    assert cells["cap0"] == ["yes", "include", "*", "up"]
    assert cells["lo"] == ["no", "exclude", "lo", "up"]
    assert cells["nflog"] == ["no", "exclude", "nf*", "down"]
    assert "2 of 6 would be captured" in output
    assert "127.0.0.1" in output


def test_the_same_as_json(host: Host) -> None:
    """One object; every interface with everything that the table has."""
    daemon = host.rpcapd()
    status, output, errors = listed(
        host, daemon.url, "--capture-interfaces-exclude", "lo", "--format", "json"
    )
    assert (status, errors, output.count("\n")) == (0, "", 1)
    found = {each["name"]: each for each in json.loads(output)["interfaces"]}
    assert len(found) == 6
    assert found["lo"]["source"] == daemon.url
    assert (found["lo"]["captured"], found["lo"]["rule"], found["lo"]["up"]) == (False, "exclude lo", True)
    assert "127.0.0.1" in found["lo"]["addresses"]
    assert found["cap0"]["captured"] is True
    keys = {"source", "name", "captured", "rule", "up", "addresses", "description"}
    assert all(set(each) == keys for each in found.values())


def test_a_source_that_does_not_answer_is_one_line(host: Host) -> None:
    """With status 1."""
    status, output, errors = listed(host, "rpcap://127.0.0.1:1")
    assert (status, output) == (1, "")
    assert errors.startswith("interceptor: error: rpcap://127.0.0.1:1: cannot connect")
    assert errors.count("\n") == 1


def test_what_an_rpcapd_says_does_not_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and descriptions are another machine's choice. Each source has its own table."""

    async def survey(*_: object) -> list[Row]:
        offer = Offer("eth\x1b[2J", up=False, description="a\nb")
        return [Row(source, offer, Decision(captured=True, rule="include *")) for source in ("one", "two")]

    monkeypatch.setattr("interceptor.commands.interfaces.survey", survey)
    assert main(["interfaces"]) == 0
    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "a\ufffdb" in output
    assert [line for line in output.splitlines() if line in {"one", "two"}] == ["one", "two"]
