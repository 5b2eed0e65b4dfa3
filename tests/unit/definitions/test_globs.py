"""Which upload names a `files` pattern takes in."""

import pytest

from shared.definitions.globs import matches


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("sales/**", "sales/a.csv"),
        ("sales/**", "sales/2026/11/a.csv"),
        ("sales/**", "sales/.hidden/.a.csv"),
        ("sales/**", "sales//a.csv"),
        ("sales/**", "sales/a b/ü#1%20+.csv"),
        ("sales/**", "sales/line\nend.csv"),
        ("**", "a.csv"),
        ("**", "a/b/c.csv"),
        ("**/*.csv", "a.csv"),
        ("**/*.csv", "a/b.csv"),
        ("a/**/z.csv", "a/z.csv"),
        ("a/**/z.csv", "a/b/c/z.csv"),
        ("a/**/b/**/z.csv", "a/x/b/b/y/z.csv"),
        ("*.csv", "a.csv"),
        ("*.csv", ".csv"),
        ("*.csv", "a[1]*?.csv"),
        ("a*/*.csv", "abc/d.csv"),
        ("?.csv", "é.csv"),
        ("[ab].csv", "b.csv"),
        ("[!ab].csv", "c.csv"),
        ("[0-9][0-9].csv", "26.csv"),
        ("[[]1].csv", "[1].csv"),
        ("a.csv", "a.csv"),
    ],
)
def test_a_name_that_matches(pattern, name):
    assert matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("sales/**", "sales"),
        ("sales/**", "Sales/a.csv"),
        ("sales/**", "sales2/a.csv"),
        ("sales/**", "old/sales/a.csv"),
        ("sales/*", "sales/2026/a.csv"),
        ("*.csv", "a/b.csv"),
        ("*.csv", "a.CSV"),
        ("*.csv", "a.csv.gz"),
        ("*.csv", "a.csv\n"),
        ("**/*.csv", "a/b.txt"),
        ("a/**/z.csv", "az.csv"),
        ("a?b.csv", "a/b.csv"),
        ("a[!x]b.csv", "a/b.csv"),
        ("?.csv", "ab.csv"),
        ("[ab].csv", "[ab].csv"),
        ("a.csv", "aXcsv"),
        ("a.csv", "a.csv/"),
        ("a.csv", "/a.csv"),
    ],
)
def test_a_name_that_does_not_match(pattern, name):
    assert not matches(pattern, name)


def test_many_double_stars_over_a_deep_name_need_no_search():
    assert not matches("**/a/" * 40 + "z", "a/" * 200 + "b")
