"""Compressed uploads: unpacked whole or refused, in bounded memory. Fixtures: `tests/fixtures/csv/compressed`."""

import gzip
import random
import tracemalloc
from collections.abc import Iterator

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import RejectedFile
from shared.ingest import compression
from shared.ingest.compression import STEP, unpacked
from shared.ingest.upload import BLOCK

MB = 1024 * 1024


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.fixture(params=[1, 7, None])
def slices(request, monkeypatch):
    """Give the decompressors this many bytes at a time, and have them give back as many at most."""
    if request.param:
        monkeypatch.setattr(compression, "SLICE", request.param)
        monkeypatch.setattr(compression, "STEP", request.param)


GOOD = (
    *("member.csv.gz", "members.csv.gz", "padded.csv.gz", "stored.csv.gz", "every_header_field.csv.gz"),
    *("frame.csv.zst", "frames.csv.zst", "skippable_frames.csv.zst", "checksum.csv.zst", "no_content_size.csv.zst"),
    *("gzip_by_content.csv", "zstd_by_content.csv", "not_compressed.csv.gz", "not_compressed.csv.zst"),
)


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_read_by_its_content(fixture_file, process_file, name):
    result = process_file(fixture_file(f"compressed/good/{name}"), name=name)
    assert [record["text"] for record in result.records] == ["Käse", "a, b", None]
    assert result.outcome.rejected == 0


GZIP_CUT, ZSTD_CUT = "The gzip data is cut off: ", "The zstd data is cut off: "
GZIP_BAD, ZSTD_BAD = "The gzip data cannot be unpacked ", "The zstd data cannot be unpacked "
REFUSED = {
    "bad_crc.csv.gz": ("compression", GZIP_BAD),
    "bad_length.csv.gz": ("compression", GZIP_BAD),
    "changed_in_the_middle.csv.gz": ("compression", GZIP_BAD),
    "unknown_method.csv.gz": ("compression", GZIP_BAD),
    "cut_in_the_header.csv.gz": ("compression", f"{GZIP_CUT}the file ends in it, at byte 6. Upload the whole file."),
    "cut_in_the_data.csv.gz": ("compression", GZIP_CUT),
    "cut_before_the_crc.csv.gz": ("compression", GZIP_CUT),
    "cut_in_the_last_member.csv.gz": ("compression", GZIP_CUT),
    "text_behind.csv.gz": ("compression", "The gzip data ends at byte 2,867; what follows is not gzip"),
    "line_end_behind.csv.gz": ("compression", "The gzip data ends at byte 2,867; what follows is not gzip"),
    "text_behind_padding.csv.gz": ("compression", "The gzip data ends at byte 2,887; what follows is not gzip"),
    "bad_checksum.csv.zst": ("compression", ZSTD_BAD),
    "changed_in_the_middle.csv.zst": ("compression", ZSTD_BAD),
    "with_dictionary.csv.zst": ("compression", ZSTD_BAD),
    "cut_in_the_header.csv.zst": ("compression", ZSTD_CUT),
    "cut_in_the_data.csv.zst": ("compression", ZSTD_CUT),
    "cut_before_the_checksum.csv.zst": ("compression", ZSTD_CUT),
    "cut_in_the_last_frame.csv.zst": ("compression", "The zstd data ends at byte 2,874; what follows is not zstd"),
    "cut_in_a_skippable_frame.csv.zst": ("compression", "The zstd data ends at byte 2,874; what follows is not zstd"),
    "text_behind.csv.zst": ("compression", "The zstd data ends at byte 2,874; what follows is not zstd"),
    "zeros_behind.csv.zst": ("compression", "The zstd data ends at byte 2,874; what follows is not zstd"),
    "large_window.csv.zst": ("compression", "The zstd data needs a window of more than 8,388,608 bytes"),
    "largest_window.csv.zst": ("compression", "The zstd data needs a window of more than 8,388,608 bytes"),
    "twice.csv.gz": ("not_csv", "The file is compressed twice (inside with gzip)"),
    "gzip_in_zstd.csv.zst": ("not_csv", "The file is compressed twice (inside with gzip)"),
    "zstd_in_gzip.csv.gz": ("not_csv", "The file is compressed twice (inside with zstd)"),
    "zip_inside.csv.gz": ("not_csv", "The file is a ZIP archive"),
    "nothing_inside.csv.gz": ("empty_file", "The file is empty"),
    "nothing_inside.csv.zst": ("empty_file", "The file is empty"),
    "skippable_frame_alone.csv.zst": ("empty_file", "The file is empty"),
}


@pytest.mark.parametrize("chunk", [1, 7, MB])
@pytest.mark.parametrize(("name", "problem"), REFUSED.items(), ids=REFUSED)
def test_a_file_that_cannot_be_unpacked_is_refused_and_leaves_nothing(fixture_file, process_file, name, problem, chunk):
    code, says = problem
    result = process_file(fixture_file(f"compressed/refused/{name}"), name=name, chunk=chunk)
    assert result.error.code == code
    assert result.error.message.startswith(says)
    assert result.outcome.refused
    assert not result.outputs.documents


def test_damage_at_the_end_of_a_long_file_takes_back_what_an_earlier_version_published(process_file, outputs):
    text = "id,text\n" + "".join(f"{number},{number * 7919 % 10007}\n" for number in range(500_000))
    process_file(gzip.compress(text.encode(), 1), name="a.csv.gz", outputs=outputs)
    assert outputs.documents
    result = process_file(gzip.compress(text.encode(), 1)[:-1], name="a.csv.gz", outputs=outputs)
    assert result.error.code == "compression"
    assert not outputs.documents


def test_a_compressed_upload_has_outputs_of_its_whole_name_that_are_not_compressed(process_file):
    result = process_file(gzip.compress(b"id,text\n1,a\n2\n"), name="a/b.csv.gz")
    assert (result.outcome.processed, result.outcome.rejected_file) == (
        "processed/a/b.csv.gz.json",
        "rejected/a/b.csv.gz.csv",
    )
    assert result.document["record_count"] == 1
    assert result.rejects[0][4:] == ["2"]


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_file_may_unpack_to_the_limit_but_not_to_more(compress):
    data = compress(b"x" * 3 * MB)
    assert sum(map(len, unpacked([data], 3 * MB))) == 3 * MB
    with pytest.raises(RejectedFile, match=r"unpacks to more bytes than MAX_FILE_BYTES \(3,145,727\)") as refused:
        list(unpacked([data], 3 * MB - 1))
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_what_a_bomb_unpacks_to_is_never_held_whole(compress):
    data = compress(bytes(64 * MB))
    tracemalloc.start()
    try:
        with pytest.raises(RejectedFile):
            for _ in unpacked([data], 48 * MB):
                pass
        assert tracemalloc.get_traced_memory()[1] < 15 * MB  # three pieces, one of them held by this loop, and steps
    finally:
        tracemalloc.stop()


def test_pieces_are_neither_tiny_nor_large():
    members = b"".join(gzip.compress(b"%07d" % number * 1500) for number in range(1000))
    sizes = [len(piece) for piece in unpacked([members], 1 << 30)]
    assert sum(sizes) == 1000 * 1500 * 7
    assert all(BLOCK <= size < BLOCK + STEP for size in sizes[:-1])
    assert len(sizes) > 2


def test_chunks_that_are_not_compressed_pass_untouched():
    chunks = [b"id,text\n", b"1,a\n", b"\x1f\x8b"]
    assert [id(piece) for piece in unpacked(chunks, 1)] == [id(chunk) for chunk in chunks]


PACKINGS = {
    "gzip": gzip.compress,
    "zstd": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}


@given(
    st.lists(st.binary(max_size=200), min_size=1, max_size=5),
    st.sampled_from(sorted(PACKINGS)),
    st.integers(1, 50),
)
def test_what_was_packed_comes_out_whatever_the_members_and_chunks(parts, packing, size):
    packed = b"".join(PACKINGS[packing](part) for part in parts)
    assert b"".join(unpacked(cut(packed, size), 1 << 20)) == b"".join(parts)


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(PACKINGS)))
def test_damage_never_changes_what_comes_out(chance: random.Random, packing):
    data = "".join(f"{number},{chance.random()}\n" for number in range(50)).encode()
    packed = bytearray(PACKINGS[packing](data))
    packed[chance.randrange(4, len(packed))] ^= 1 << chance.randrange(8)
    try:
        out = b"".join(unpacked([bytes(packed)], 1 << 20))
    except RejectedFile:
        out = data
    assert out == data
