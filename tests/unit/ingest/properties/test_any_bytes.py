"""Any bytes at all end in `processed` or `rejected`, with every row accounted for, and never in an exception.

That rows are records and rejects, that both documents hold as many as are counted, and that a refused file leaves
nothing, is what the fixture `answer` sees to.
"""

import codecs
import gzip

from hypothesis import given
from hypothesis import strategies as st

from shared.definitions.model import Column

TOKENS = [b"a", b"b", b"1", b"-2.5", b"\xc3\xa4", "😀".encode(), codecs.BOM_UTF8, b" ", b"true", b"2026-11-20"]
TOKENS += [b",", b"\n"] * 6 + [b'"'] * 4 + [b"\r\n", b"\r", b";", b"\t", b"|", b'""', b'",', b',"', b'"\n', b'\n"']
DAMAGE = [b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f", b"\x80", b"\x1a"]
MARKS = [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE]
STARTS = [b"", b"a,b\n", b"a;b\r\n", b"a\n", b'"a","b"\r', b"PK\x03\x04", b"%PDF-", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"]

csv_like = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)
damaged = st.lists(st.sampled_from(TOKENS + DAMAGE), max_size=40).map(b"".join)
contents = csv_like | damaged | st.binary(max_size=60)
anything = st.tuples(st.sampled_from(MARKS), st.sampled_from(STARTS), contents).map(b"".join)
chunks = st.integers(1, 30)

TYPED = (Column("a", "integer", unique=True), Column("b", "decimal", scale=1, required=True))


@given(anything)
def test_any_bytes_without_a_definition_or_a_delimiter(answer, data):
    answer(data)


@given(anything, chunks, st.sampled_from(",;"))
def test_any_bytes_without_a_definition(answer, data, chunk, delimiter):
    assert answer(data, chunk=chunk, delimiter=delimiter) == answer(data, delimiter=delimiter)


@given(anything, chunks)
def test_any_bytes_with_a_definition(answer, data, chunk):
    settings = {"delimiter": ",", "extra_columns": "ignore"}
    assert answer(data, *TYPED, chunk=chunk, **settings) == answer(data, *TYPED, **settings)


@given(
    contents,
    chunks,
    st.sampled_from(["utf-16-le", "utf-32-be", "latin-1", "cp1252", "shift_jis", "iso2022_jp", "utf-7", "gb18030"]),
)
def test_any_bytes_in_any_encoding(answer, data, chunk, encoding):
    settings = {"delimiter": ",", "encoding": encoding}
    assert answer(data, chunk=chunk, **settings) == answer(data, **settings)


@given(csv_like, st.integers(0, 80), st.sampled_from(DAMAGE), chunks)
def test_any_damage_to_what_is_compressed(answer, data, at, damage, chunk):
    packed = gzip.compress(b"a,b\n" + data, mtime=0)
    at = min(at, len(packed))
    answer(packed[:at] + damage + packed[at:], chunk=chunk)
    answer(packed[:at], chunk=chunk)


@given(anything, st.sampled_from([0.0, 0.3, 1.0]))
def test_a_share_of_rejects_is_allowed_or_the_file_is_refused_and_nothing_between(answer, data, allowed):
    free = answer(data)
    limited = answer(data, max_rejected=allowed)
    if free.refused or len(free.rejects) <= allowed * (len(free.records) + len(free.rejects)):
        assert limited == free
    else:
        assert limited.refused.code == "too_many_rejects"
