"""Which regular expressions are portable between Python and the Rust engine."""

import re
import warnings

import polars as pl
import pytest

from shared.definitions.regexes import portability_mistake

PORTABLE = [
    "^[A-Z]{2}-[0-9]{4,6}$",
    r"^\w+([.+-]\w+)*@[\w-]+(\.[\w-]+)+$",
    r"\A\d{4}(?:-\d\d){2}",
    "(?i)north|south",
    "(?i-s:a.b)",
    "(?P<year>[0-9]{4})",
    r"[]\[a\]^-]",
    "[^]]",
    r"a+?b*?c??d{2,3}?",
    r"\x41\u00e9\U0001F600",
    r"\.\*\?\[\]\{\}\(\)\|\^\$\-\/\@\#\ ",
    r"\w{190}",
    r"(?:[a-z]{2,10} ){100}",
    "",
]
NOT_PORTABLE = [
    ("(?=a)", "look-around such as (?=…)"),
    ("(?!a)", "look-around such as (?!…)"),
    ("(?<=a)b", "look-around such as (?<=…)"),
    ("(?<!a)b", "look-around such as (?<!…)"),
    (r"(a)\1", r"back-references such as \1"),
    ("(?P<x>a)(?P=x)", "back-references such as (?P=…)"),
    ("(?>a)", "groups such as (?>…"),
    ("(a)(?(1)b|c)", "groups such as (?(…"),
    ("(?#note)a", "groups such as (?#…"),
    ("(?x) a", "groups such as (?x)…"),
    ("(?a:a)", "groups such as (?a:…"),
    ("(?<x>a)", "groups such as (?<…"),
    ("a++", "possessive repeats such as ++"),
    ("a{2}+", "possessive repeats such as {2}+"),
    (r"a\Z", r"without \Z"),
    (r"a\z", r"without \z"),
    (r"\pL", r"without \p"),
    (r"\N{BULLET}", r"without \N"),
    (r"\0", r"without \0"),
    (r"\ud800", r"without \ud800"),
    (r"\<a\>", r"without \<"),
    (r"[\b]", r"\b within a set"),
    (r"[\Z]", r"\Z within a set"),
    ("[[:alpha:]]", "a [ within a set"),
    ("[a&&b]", "a set, which engines read differently"),
    ("a{,3}", "a { that begins no repeat"),
    ("{", "a { that begins no repeat"),
    ("[a", "a [ that no ] closes"),
    ("(a", "is not a regular expression: missing ), unterminated subpattern at position 0"),
    ("a**", "is not a regular expression: multiple repeat at position 2"),
    ("[z-a]", "is not a regular expression: bad character range z-a at position 1"),
    ("a{" + "9" * 5000 + "}", "is not a regular expression"),
    (r"\w{0,255}", "repeats too much for the engine"),
    (r"((\w{10}){10}){10}", "repeats too much for the engine"),
]


@pytest.mark.parametrize("pattern", PORTABLE)
def test_a_portable_pattern_is_accepted(pattern):
    assert portability_mistake(pattern) is None


@pytest.mark.parametrize("pattern", PORTABLE)
def test_what_is_accepted_compiles_in_the_engine_that_runs_it(pattern):
    assert pl.Series(["a"]).str.contains(pattern, strict=True).len() == 1


@pytest.mark.parametrize(("pattern", "reason"), NOT_PORTABLE, ids=[pattern[:20] for pattern, _ in NOT_PORTABLE])
def test_what_is_not_portable_is_refused_with_the_reason(pattern, reason):
    assert reason in (portability_mistake(pattern) or "")


@pytest.mark.parametrize("pattern", PORTABLE + [pattern for pattern, _ in NOT_PORTABLE], ids=lambda text: text[:20])
def test_checking_a_pattern_warns_of_nothing(pattern):
    re.purge()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        portability_mistake(pattern)
