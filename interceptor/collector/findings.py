"""What a security engineer looks for: odd messages by service and client, credentials in the clear, scanners.

Owns these questions to the SQLite database. Refuses to call anything an attack: it tells what was seen, of whom.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from interceptor.collector.answers import Cleartext, Finding, Findings, Scanner, authority
from interceptor.collector.database import DAY
from interceptor.collector.measures import ROWS, SCANNED
from interceptor.collector.selection import choose

if TYPE_CHECKING:
    import sqlite3

    from interceptor.collector.question import Question
    from interceptor.collector.selection import Selection

__all__ = ["findings"]

_WHO: Final = "coalesce(nullif(h.service, ''), c.address)"
_NAMED: Final = "JOIN callers c ON c.number = t.caller LEFT JOIN hosts h ON h.address = c.address"


def findings(database: sqlite3.Connection, question: Question, now: int) -> Findings:
    """What is odd about the calls that are asked for; by whole hours."""
    chosen = choose(database, question, now)
    values = chosen.values | {"rows": ROWS, "scanned": SCANNED, "day_span": DAY}
    anomalies = [
        Finding(anomaly, authority(address, port), who, calls, first, last)
        for anomaly, address, port, who, calls, first, last in database.execute(
            f"SELECT g.name, s.address, s.port, {_WHO} AS who, sum(t.calls), min(t.start), max(t.start)"  # noqa: S608
            f" FROM ({chosen.findings}) t JOIN tags g ON g.number = t.tag"
            f" JOIN services s ON s.number = t.service {_NAMED}"
            " GROUP BY t.tag, t.service, who ORDER BY 5 DESC, 1, 2, 4 LIMIT :rows",
            values,
        )
    ]
    cleartext = _cleartext(database, chosen)
    scanners = [
        Scanner(who, paths, services, asked, calls, first, last)
        for who, paths, services, asked, calls, first, last in database.execute(
            "WITH probes AS (SELECT endpoint FROM totals WHERE span = :day_span GROUP BY 1 HAVING min(probed(tally)))"  # noqa: S608
            f" SELECT {_WHO} AS who, count(DISTINCT p.endpoint) AS paths,"
            " count(DISTINCT CASE WHEN p.endpoint IS NOT NULL THEN t.service END),"
            " sum(CASE WHEN p.endpoint IS NOT NULL THEN t.calls ELSE 0 END) AS asked, sum(t.calls) AS calls,"
            " min(CASE WHEN p.endpoint IS NOT NULL THEN t.start END),"
            " max(CASE WHEN p.endpoint IS NOT NULL THEN t.start END)"
            f" FROM ({chosen.pairs}) t LEFT JOIN probes p ON p.endpoint = t.endpoint {_NAMED}"
            " GROUP BY who HAVING asked >= :scanned AND 2 * asked >= sum(t.calls) ORDER BY asked DESC, 1 LIMIT :rows",
            values,
        )
    ]
    return Findings(chosen.window, anomalies, cleartext, scanners)


def _cleartext(database: sqlite3.Connection, chosen: Selection) -> list[Cleartext]:
    """Of each service, the endpoints whose requests carry credentials: what is captured was readable on its way."""
    kinds: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    endpoints: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for address, port, endpoint, carried in database.execute(
        "SELECT s.address, s.port, t.endpoint, r.value"  # noqa: S608
        f" FROM (SELECT DISTINCT service, endpoint FROM ({chosen.rows})) t"
        " JOIN traits r ON r.endpoint = t.endpoint AND r.kind = 'credential' AND r.value != ''"
        " JOIN services s ON s.number = t.service",
        chosen.values,
    ):
        kinds[address, port].add(carried)
        endpoints[address, port].add(endpoint)
    most = sorted(endpoints, key=lambda one: (-len(endpoints[one]), one))[:ROWS]
    return [Cleartext(authority(*one), sorted(kinds[one]), len(endpoints[one])) for one in most]
