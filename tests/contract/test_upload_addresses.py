"""Addresses of uploads against Blob Storage itself: they take that one file, and nothing else."""

import pytest
import requests

from shared.names import UPLOADS
from shared.stores.sas import UploadAddresses


@pytest.fixture
def address(service, folder):
    """The address for `a.csv`."""
    return UploadAddresses(service).address_for(f"{folder}/a.csv")


def put(url, data=b"item,amount\nx,1\n", **headers):
    return requests.put(url, data=data, headers={"x-ms-blob-type": "BlockBlob"} | headers, timeout=30)


def content(service, name):
    return service.get_blob_client(UPLOADS, name).download_blob().readall()


def test_an_address_takes_its_file_and_replaces_it(service, address):
    for data in (b"item\nx\n", b"item\ny\n"):
        assert put(address.url, data).status_code == 201
        assert content(service, address.name) == data


def test_an_address_takes_a_file_of_any_name(service, folder, odd_name):
    address = UploadAddresses(service).address_for(f"{folder}/{odd_name}")
    assert put(address.url, odd_name.encode()).status_code == 201
    assert content(service, address.name) == odd_name.encode()


def test_an_address_takes_a_large_file_in_blocks(service, address):
    block = f"{address.url}&comp=block&blockid=MDAwMQ=="
    assert requests.put(block, data=b"item\nx\n", timeout=30).status_code == 201
    blocks = b"<BlockList><Latest>MDAwMQ==</Latest></BlockList>"
    assert requests.put(f"{address.url}&comp=blocklist", data=blocks, timeout=30).status_code == 201
    assert content(service, address.name) == b"item\nx\n"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_address_does_not_show_its_file_nor_delete_it(address, method):
    put(address.url)
    assert requests.request(method, address.url, timeout=30).status_code == 403


def test_an_address_is_of_no_use_for_another_file(service, address):
    other = address.url.replace("/a.csv?", "/b.csv?")
    assert put(other).status_code == 403
    assert not service.get_blob_client(UPLOADS, address.name.replace("a.csv", "b.csv")).exists()


@pytest.mark.parametrize("container", ["processed", "rejected", "partials"])
def test_an_address_is_of_no_use_in_another_container(address, container):
    assert put(address.url.replace("/uploads/", f"/{container}/")).status_code == 403


def test_an_address_does_not_list_what_there_is(address):
    url, _, token = address.url.partition("?")
    container = url.partition("/uploads/")[0] + "/uploads"
    assert requests.get(f"{container}?restype=container&comp=list&{token}", timeout=30).status_code == 403


def test_an_address_ends_with_its_time(address):
    later = address.url.replace("se=2", "se=3")  # a thousand years on
    assert later != address.url
    assert put(later).status_code == 403
