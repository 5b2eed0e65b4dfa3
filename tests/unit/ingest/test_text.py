"""Bytes to text: encodings, byte order marks, what is not text, and line numbers."""

import codecs
from collections.abc import Iterator

import pytest

from shared.ingest.table import open_table
from shared.ingest.text import read_text


def pieces_of(data: bytes, encoding: str = "utf-8", chunk: int = 1 << 20) -> Iterator[bytes]:
    return read_text([data[at : at + chunk] for at in range(0, len(data), chunk)], encoding)


def text_of(data: bytes, encoding: str = "utf-8", chunk: int = 1 << 20) -> str:
    return b"".join(pieces_of(data, encoding, chunk)).decode()


def read_through(data: bytes, encoding: str = "utf-8", chunk: int = 1 << 20) -> None:
    """Read a table: only with its rows does the line of a mistake show."""
    for _ in open_table(pieces_of(data, encoding, chunk), ",").blocks:
        pass


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "utf-16-le"])
def test_declared_encoding_is_read(encoding):
    assert text_of("käse;\n½\n".encode(encoding), encoding) == "käse;\n½\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_mark_wins_over_the_declared_encoding(mark, encoding):
    assert text_of(mark + "a,ü\n".encode(encoding), "latin-1") == "a,ü\n"


@pytest.mark.parametrize("chunk", [1, 2, 3, 5])
def test_characters_may_be_cut_by_chunks(chunk):
    assert text_of("a,€😀\n1,é\n".encode(), chunk=chunk) == "a,€😀\n1,é\n"


def test_only_the_first_byte_order_mark_is_left_out():
    assert text_of(codecs.BOM_UTF8 + "a\n\ufeffb\n".encode()) == "a\n\ufeffb\n"


@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize(("ends", "line"), [("\n", 4), ("\r\n", 4), ("\r", 4)])
def test_a_byte_that_is_not_of_the_encoding_names_its_line(refusal, chunk, ends, line):
    data = ends.join(["a,b", "1,2", "ü,4", "5,"]).encode() + b"\xff\n"
    problem = refusal(lambda: read_through(data, chunk=chunk))
    assert (problem.code, problem.line) == ("encoding", line)
    assert "0xff" in problem.message


def test_a_character_cut_off_by_the_end_of_the_file_is_refused(refusal):
    assert refusal(lambda: read_through("a\nü".encode()[:-1])).code == "encoding"


def test_a_byte_that_a_code_page_leaves_undefined_is_refused(refusal):
    assert refusal(lambda: read_through(b"a\n\x81\n", "cp1252")).line == 2


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_nul_byte_is_not_text(refusal, chunk):
    problem = refusal(lambda: read_through(b"a,b\r\n1,2\r\n3,\x00\r\n", chunk=chunk))
    assert (problem.code, problem.line) == ("not_csv", 3)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"PK\x03\x04rest", "ZIP"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\x89PNG\r\n", "picture"),
        (b"\n <!DOCTYPE html>", "HTML"),
        (b"<html><body>", "HTML"),
        (codecs.BOM_UTF8 + b"<?xml version='1.0'?>", "XML"),
    ],
)
def test_other_formats_are_called_by_their_name(refusal, start, what):
    problem = refusal(lambda: text_of(start, chunk=2))
    assert problem.code == "not_csv"
    assert what in problem.message


def test_a_column_may_be_called_like_the_start_of_a_parquet_file():
    assert text_of(b"PAR1,PAR2\n1,2\n") == "PAR1,PAR2\n1,2\n"


def test_no_bytes_are_an_empty_file(refusal):
    assert refusal(lambda: text_of(b"")).code == "empty_file"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_of_any_byte_order_needs_a_mark(refusal, encoding):
    problem = refusal(lambda: text_of("a,b\n".encode(f"{encoding}-be"), encoding))
    assert problem.code == "encoding"
    assert f'"{encoding}-be"' in problem.message


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_the_first_of_two_mistakes_is_named(refusal, chunk):
    problem = refusal(lambda: read_through(b"a,b\r\n1,\0\r\n\xff,2\n", chunk=chunk))
    assert (problem.code, problem.line) == ("not_csv", 2)
