"""What the vocabulary keeps and what it lets through: `make privacy`.

Kept: for each fifth of the providers, the vocabulary of the other four; the share of the fifth's distinct static
segments that stay in their place (after what really stands before them), the mean over providers. Let through:
`COUNT` made values of each kind at the root, after a word that is unknown and after a collection, by the shipped
rules. Seeds are fixed: the same command prints the same table.
"""

from __future__ import annotations

import random
import string
import sys
from collections.abc import Callable
from functools import partial
from typing import Final

from faker import Faker

from interceptor.core.records.templates import PathTemplates
from interceptor.core.records.words import Words
from tests.privacy.vocabulary import Vocabulary, make, segments

COUNT: Final = 20_000
FOLDS: Final = 5
LOCALES: Final = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_BR", "tr_TR")
PLACES: Final = {
    "root": "/{}",
    "after a word": "/api/v1/zqunknownxq/{}",
    "after a collection": "/api/users/{}",
}
"""Where values are tried; the word after `v1` is in no vocabulary."""
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


def plain(text: str) -> str:
    """In ASCII, as it stands in URLs."""
    import unicodedata

    text = text.replace("ß", "ss").replace("ł", "l").replace("\u0131", "i")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def cased(make_one: Maker, choose: random.Random) -> Maker:
    """In lower case, upper case, or as it is."""
    return lambda: choose.choice((str.lower, str.upper, str))(make_one())


def _plainly(one: Callable[[Faker], str], faker: Faker) -> str:
    return plain(one(faker))


def _drawn(choose: random.Random, alphabet: str, length: int) -> str:
    return "".join(choose.choices(alphabet, k=length))


def kinds(count_of_locales: int = len(LOCALES)) -> dict[str, tuple[float, list[Maker]]]:
    """By kind: the largest share that may be let through, in per cent, and who makes values of it."""
    choose = random.Random(20)
    fakers = [Faker(locale) for locale in LOCALES[:count_of_locales]]
    for number, faker in enumerate(fakers):
        faker.seed_instance(number)

    def of(one: Callable[[Faker], str]) -> list[Maker]:
        return [cased(partial(_plainly, one, faker), choose) for faker in fakers]

    def slug(text: str) -> str:
        return "-".join(plain(text).replace(",", " ").replace(".", " ").replace("'", "").split())

    english = fakers[0]

    def human_password() -> str:
        word = english.word()
        return choose.choice((word, word.capitalize(), english.first_name())) + choose.choice(
            (
                str(choose.randrange(1, 10)),
                str(choose.randrange(10, 100)),
                str(choose.randrange(1950, 2030)),
                "!1",
                "123",
            )
        )

    made: dict[str, tuple[float, list[Maker]]] = {
        "first names": (0.2, of(lambda f: slug(f.first_name()))),
        "last names": (0.2, of(lambda f: slug(f.last_name()))),
        "first.last": (0.2, of(lambda f: f"{slug(f.first_name())}.{slug(f.last_name())}")),
        "first-last": (0.2, of(lambda f: f"{slug(f.first_name())}-{slug(f.last_name())}")),
        "firstlast": (0.2, of(lambda f: f"{slug(f.first_name())}{slug(f.last_name())}")),
        "user names": (0.2, of(lambda f: f.user_name())),
        "cities": (0.2, of(lambda f: slug(f.city()))),
        "companies": (0.2, of(lambda f: slug(f.company()))),
        "file names": (0.2, of(lambda f: slug(f.word()) + "." + f.file_extension())),
        "name in a file name": (0.2, of(lambda f: f"resume-{slug(f.last_name())}.pdf")),
        "titles, 3 words": (0.2, [lambda: "-".join(english.words(3))]),
        "titles, 4 words": (0.2, [lambda: "-".join(english.words(4))]),
        "titles, a sentence": (0.2, [lambda: slug(english.sentence())]),
        "titles_with_underscores": (0.2, [lambda: "_".join(english.words(4))]),
        "passwords, random": (
            0.05,
            [lambda: english.password(length=choose.randrange(8, 17), special_chars=choose.random() < 0.5)],
        ),
        "passwords, a word and digits": (0.05, [human_password]),
    }
    for name, alphabet in TOKENS.items():
        for length in LENGTHS:
            made[f"token {name} {length}"] = (
                0.05,
                [partial(_drawn, choose, alphabet, length)],
            )
    return made


def kept(vocabulary: Vocabulary, providers: list[str]) -> list[float]:
    """The share of static segments that stay, by provider."""
    words = Words(
        words=frozenset(vocabulary.words),
        names=frozenset(vocabulary.names),
        after=frozenset(vocabulary.after),
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


def frontier() -> float:
    """Five-fold: the mean over providers that the vocabulary was not made from."""
    providers = sorted(segments())
    random.Random(1).shuffle(providers)
    shares = []
    for fold in range(FOLDS):
        unseen = providers[fold::FOLDS]
        shares += kept(make(set(providers) - set(unseen)), unseen)
    return sum(shares) / len(shares)


def leaks(makers: list[Maker], count: int = COUNT) -> tuple[dict[str, float], list[str]]:
    """The share that is shown in each place, in per cent; and some that were."""
    rules = PathTemplates()
    values = [makers[number % len(makers)]() for number in range(count)]
    values = [value.replace("/", "-") for value in values]
    shares, seen = {}, []
    for name, place in PLACES.items():
        shown = [
            value
            for value in values
            if rules.generalise(place.format(value)).rpartition("/")[2] == value and value
        ]
        shares[name] = 100 * len(shown) / len(values)
        seen += shown[:12]
    return shares, seen


def main() -> int:
    """Print the table; 1 if a share is beyond its bound."""
    share = 100 * frontier()
    print(f"Static segments of unseen providers kept: {share:.1f} % (at least 75)\n")
    print(
        f"| kind ({COUNT:,} each) | {' | '.join(PLACES)} | at most |\n| --- |{' --- |' * (len(PLACES) + 1)}"
    )
    failed = share < 75
    for kind, (most, makers) in kinds().items():
        shares, seen = leaks(makers)
        print(
            f"| {kind} | " + " | ".join(f"{value:.3f} %" for value in shares.values()) + f" | {most} % |",
            flush=True,
        )
        if max(shares.values()) > most:
            failed = True
            print(f"    beyond: {' '.join(sorted(set(seen))[:30])}", file=sys.stderr, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
