"""Names made from an upload's name: unique, safe, and never those of another upload."""

import doctest
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import names
from shared.names import file_id, is_supported, pair, partial_name, processed_name, rejected_name, split_pair


def test_the_examples_of_the_module_hold():
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("upload", "processed", "rejected"),
    [
        ("a/b.csv", "a/b.json", "a/b.csv"),
        ("b.tsv", "b.tsv.json", "b.tsv.csv"),
        ("b.CSV", "b.CSV.json", "b.CSV.csv"),
        ("b.txt.csv", "b.txt.csv.json", "b.txt.csv.csv"),
        ("a.csv.gz", "a.csv.gz.json", "a.csv.gz.csv"),
        ("a.tsv.ZST", "a.tsv.ZST.json", "a.tsv.ZST.csv"),
        ("a.csv.gz.csv", "a.csv.gz.csv.json", "a.csv.gz.csv.csv"),
        ("a b#%?*[ü].csv", "a b#%?*[ü].json", "a b#%?*[ü].csv"),
    ],
)
def test_outputs_are_called_like_their_upload(upload, processed, rejected):
    assert (processed_name(upload), rejected_name(upload)) == (processed, rejected)


ENDINGS = ("", ".csv", ".tsv", ".txt", ".CSV", ".json", ".gz", ".zst", ".GZ")


def test_no_two_uploads_share_an_output():
    uploads = {"a" + "".join(endings) for endings in product(ENDINGS, repeat=4)}
    assert len({processed_name(upload) for upload in uploads}) == len(uploads)
    assert len({rejected_name(upload) for upload in uploads}) == len(uploads)


@pytest.mark.parametrize("name", ["a.csv", "a.TSV", "x/a.Txt", "a.csv.gz", "a.tsv.ZST", "x/a.Txt.Gz"])
def test_csv_tsv_and_txt_are_supported_in_any_case_compressed_or_not(name):
    assert is_supported(name)


@pytest.mark.parametrize("name", ["a.xlsx", "csv", "", "a.gz", "csv.gz", "a.xlsx.zst", "a.csv.bz2", "a.csv.gz.zst"])
def test_no_other_extension_is_supported(name):
    assert not is_supported(name)


@given(st.text(max_size=200))
def test_an_id_is_safe_in_urls_blob_names_and_keys(name):
    assert re.fullmatch(r"[A-Za-z0-9-]{16,80}", file_id(name))


def test_names_that_look_alike_have_ids_of_their_own():
    alike = ["a/b.csv", "a-b.csv", "a b.csv", "A/b.csv", "a//b.csv", "a/b.csv ", "ä/b.csv", "a" * 200, "a" * 201]
    assert len({file_id(name) for name in alike}) == len(alike)


def test_a_partial_names_report_period_file_and_generation():
    assert partial_name("daily", "2026-11-20", "id", 7) == "daily/2026-11-20/id.7.parquet"


def test_a_pair_can_be_split_again():
    assert split_pair(pair("daily", "2026-11-20T13")) == ("daily", "2026-11-20T13")
