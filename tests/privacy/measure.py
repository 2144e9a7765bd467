"""What the vocabulary keeps and what it lets through: `make privacy`.

Kept: for each fifth of the providers, the vocabulary of the other four; the share of the fifth's distinct static
segments that stay in their place (after what really stands before them), the mean over providers. Let through:
`COUNT` made values of each kind at the root of a path, after a word that is unknown, after a collection, as the name of a
parameter and as the method of a call, by the shipped rules. Names are those of `unseen.txt.gz`: of another source than the lists that the vocabulary is made without, so a
name that is on none of those counts. Seeds are fixed: the same command prints the same table.

Thresholds are chosen on one half of providers and names, and the table is of the other: `--tuning` prints the table
of the half that one may look at while changing a rule.
"""

from __future__ import annotations

import gzip
import random
import string
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from typing import Final

from faker import Faker

from interceptor.core.records.calls import CallNames
from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.values import query_key
from interceptor.core.records.words import Words
from tests.privacy.names import UNSEEN, in_ascii
from tests.privacy.vocabulary import Vocabulary, make, segments

COUNT: Final = 20_000
FOLDS: Final = 5
COMPANY_FORMS: Final = ("inc", "ltd", "llc", "plc", "gmbh", "group", "and-sons", "partners", "company")
_RULES: Final = PathTemplates()
_CALLS: Final = CallNames(_RULES.words)


def _behind(before: str, value: str) -> bool:
    return _RULES.generalise(before + value).rpartition("/")[2] == value


def _method(value: str) -> bool:
    return (_CALLS.template("/shop.v1.Orders/" + value) or "").rpartition("/")[2] == value


PLACES: Final[dict[str, Callable[[str], bool]]] = {
    "root": partial(_behind, "/"),
    "after a word": partial(_behind, "/api/v1/zqunknownxq/"),
    "after a collection": partial(_behind, "/api/users/"),
    "parameter's name": lambda value: query_key(value) == value,
    "call's method": _method,
}
"""Where values are tried, and whether they are shown there; the word after `v1` is in no vocabulary."""
TOKENS: Final = {
    "a-z": string.ascii_lowercase,
    "A-Z": string.ascii_uppercase,
    "base32": string.ascii_uppercase + "234567",
    "base36": string.ascii_lowercase + string.digits,
    "base62": string.ascii_letters + string.digits,
    "base64url": string.ascii_letters + string.digits + "-_",
    "letters": string.ascii_letters,
}
LENGTHS: Final = (6, 8, 10, 11, 12, 16, 20, 32)

Maker = Callable[[], str]


def reported(name: str) -> bool:
    """Whether a provider or a name is of the half that the table is of."""
    return sha256(name.lower().encode()).digest()[0] % 2 == 1


@cache
def unseen(kind: str, *, tuning: bool = False) -> list[list[str]]:
    """Names of a kind (`first`, `last`, `city`, `brand`) by language; those of fewer than twenty are left out."""
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(UNSEEN, "rt", encoding="utf-8") as lines:
        for line in lines:
            what, language, name = line.rstrip("\n").split("\t")
            if what == kind and reported(name) is not tuning:
                found[language].append(name)
    return [names for names in found.values() if len(names) >= 20]


def cased(make_one: Maker, choose: random.Random) -> Maker:
    """In lower case, upper case, or as it is."""
    return lambda: choose.choice((str.lower, str.upper, str))(make_one())


def _drawn(choose: random.Random, alphabet: str, length: int) -> str:
    return "".join(choose.choices(alphabet, k=length))


def kinds(*, tuning: bool = False) -> dict[str, tuple[float | None, Maker]]:
    """By kind: the largest share that may be let through, in per cent, and what makes values of it."""
    choose = random.Random(20)
    english = Faker("en_US")
    english.seed_instance(1)

    def of(kind: str) -> Maker:
        languages = unseen(kind, tuning=tuning)
        return lambda: choose.choice(choose.choice(languages))

    first, last, city, brand = map(of, ("first", "last", "city", "brand"))

    def made_of(one: Maker) -> Maker:
        return cased(one, choose)

    def user_name() -> str:
        given, family = first().lower(), last().lower()
        return choose.choice(
            (
                given[0] + family,
                f"{given[0]}.{family}",
                f"{given}_{family}",
                f"{given}{choose.randrange(1, 100)}",
                family + given[0],
                f"{family}-{given[0]}",
            )
        )

    def human_password() -> str:
        word = english.word()
        return choose.choice((word, word.capitalize(), first())) + choose.choice(
            (
                str(choose.randrange(1, 10)),
                str(choose.randrange(10, 100)),
                str(choose.randrange(1950, 2030)),
                "!1",
                "123",
            )
        )

    made: dict[str, tuple[float | None, Maker]] = {
        "first names": (0.2, made_of(first)),
        "last names": (0.2, made_of(last)),
        "first.last": (0.2, made_of(lambda: f"{first()}.{last()}")),
        "first-last": (0.2, made_of(lambda: f"{first()}-{last()}")),
        "firstlast": (0.2, made_of(lambda: f"{first()}{last()}")),
        "first_last": (0.2, made_of(lambda: f"{first()}_{last()}")),
        "user names": (0.2, made_of(user_name)),
        "cities": (0.2, made_of(city)),
        "companies": (0.2, made_of(lambda: f"{last()}-{choose.choice((*COMPANY_FORMS, last()))}")),
        "brands": (None, made_of(brand)),
        "file names": (0.2, cased(lambda: f"{english.word()}.{english.file_extension()}", choose)),
        "name in a file name": (0.2, cased(lambda: f"resume-{last()}.pdf", choose)),
        "titles, 3 words": (0.2, lambda: "-".join(english.words(3))),
        "titles, 4 words": (0.2, lambda: "-".join(english.words(4))),
        "titles, a sentence": (0.2, lambda: in_ascii(english.sentence())),
        "titles_with_underscores": (0.2, lambda: "_".join(english.words(4))),
        "passwords, random": (
            0.05,
            lambda: english.password(length=choose.randrange(8, 17), special_chars=choose.random() < 0.5),
        ),
        "passwords, a word and digits": (0.05, human_password),
    }
    for name, alphabet in TOKENS.items():
        for length in LENGTHS:
            made[f"token {name} {length}"] = (0.05, partial(_drawn, choose, alphabet, length))
    return made


def kept(vocabulary: Vocabulary, providers: list[str]) -> list[float]:
    """The share of static segments that stay, by provider."""
    words = Words(
        words=frozenset(vocabulary.words),
        names=frozenset(vocabulary.names),
        after=frozenset(vocabulary.after),
        ambiguous=frozenset(vocabulary.ambiguous),
        joined=frozenset(vocabulary.joined),
    )
    templates = PathTemplates(words)
    shares = []
    for provider in providers:
        pairs = {pair for pair in segments()[provider] if not pair[1].isdigit()}
        if pairs:
            stay = [
                templates.generalise(
                    f"/{'0' if before == '{}' else before}/{segment}".replace("//", "/")
                ).rpartition("/")[2]
                == segment
                for before, segment in pairs
            ]
            shares.append(sum(stay) / len(stay))
    return shares


def frontier(*, tuning: bool = False) -> float:
    """Five-fold: the mean over providers that the vocabulary was not made from."""
    providers = sorted(segments())
    random.Random(1).shuffle(providers)
    shares = []
    for fold in range(FOLDS):
        others = providers[fold::FOLDS]
        made = make(set(providers) - set(others))
        shares += kept(made, [one for one in others if reported(one) is not tuning])
    return sum(shares) / len(shares)


def leaks(make_one: Maker, count: int = COUNT) -> tuple[dict[str, float], list[str]]:
    """The share that is shown in each place, in per cent; and some that were."""
    values = [make_one().replace("/", "-") for _ in range(count)]
    shares, seen = {}, []
    for name, shows in PLACES.items():
        shown = [value for value in values if value and shows(value)]
        shares[name] = 100 * len(shown) / len(values)
        seen += shown[:12]
    return shares, seen


def main() -> int:
    """Print the table; 1 if a share is beyond its bound. All kinds of tokens are one row: the worst of each place."""
    tuning = "--tuning" in sys.argv[1:]
    share = 100 * frontier(tuning=tuning)
    failed = share < 75
    print(f"Static segments of unseen providers kept: {share:.1f} % (at least 75)\n")
    print(
        f"| kind ({COUNT:,} each) | {' | '.join(PLACES)} | at most |\n| --- |{' --- |' * (len(PLACES) + 1)}"
    )
    tokens = dict.fromkeys(PLACES, 0.0)
    number = 0
    for kind, (most, make_one) in kinds(tuning=tuning).items():
        shares, seen = leaks(make_one)
        if most is not None and max(shares.values()) > most:
            failed = True
            print(f"    {kind}: beyond: {' '.join(sorted(set(seen))[:30])}", file=sys.stderr, flush=True)
        if kind.startswith("token "):
            number += 1
            tokens = {place: max(worst, shares[place]) for place, worst in tokens.items()}
        else:
            print(_row(kind, shares, most), flush=True)
    print(_row(f"tokens, the worst of {number} kinds", tokens, 0.05))
    return int(failed)


def _row(kind: str, shares: dict[str, float], most: float | None) -> str:
    return f"| {kind} | {' | '.join(f'{share:.3f} %' for share in shares.values())} | {f'{most} %' if most else '-'} |"


if __name__ == "__main__":
    sys.exit(main())
