"""Which dataset a file belongs to, and which reports follow from it."""

import pytest

from shared.definitions.catalog import Definitions
from shared.definitions.errors import DatasetClashError
from shared.definitions.model import Dataset, Metric, Report

ORDERS = Dataset(name="orders", files="orders/*.csv")
ALL_ORDERS = Dataset(name="all_orders", files="orders/**")
DAILY = Report(name="daily", dataset="orders", metrics=(Metric("n", "count"),))
TOTALS = Report(name="totals", dataset="all_orders", metrics=(Metric("n", "count"),))
DEFINITIONS = Definitions((ORDERS, ALL_ORDERS), (DAILY, TOTALS))


def test_the_first_dataset_that_matches_wins():
    assert DEFINITIONS.dataset_of("orders/a.csv") is ORDERS


def test_a_later_dataset_takes_what_the_first_leaves():
    assert DEFINITIONS.dataset_of("orders/2026/a.csv") is ALL_ORDERS


@pytest.mark.parametrize(
    ("file_name", "dataset"),
    [
        ("weather/2026/a.csv", "weather"),
        ("my files/ä.csv", "my files"),
        ("a.csv", "default"),
        ("/a.csv", "default"),
        ("Orders/a.csv", "Orders"),
    ],
)
def test_a_file_of_no_definition_belongs_to_a_dataset_named_after_its_first_folder(file_name, dataset):
    assert DEFINITIONS.dataset_of(file_name) == Dataset(name=dataset)


def test_without_any_definition_every_file_has_a_dataset():
    assert Definitions().dataset_of("sales/a.csv") == Dataset(name="sales")


def test_a_file_that_would_mix_with_a_defined_dataset_is_refused_with_both_remedies():
    with pytest.raises(DatasetClashError) as caught:
        Definitions((ORDERS,)).dataset_of("orders/2026/a.csv")

    assert str(caught.value) == (
        '"orders/2026/a.csv" matches no `files` pattern but lies in the folder "orders", which is the name of a '
        "defined dataset. Rename the folder (or put the file into another one), or widen the pattern of "
        '[datasets.orders], now files = "orders/*.csv".'
    )


def test_a_file_that_would_mix_with_a_defined_report_is_refused_with_both_remedies():
    with pytest.raises(DatasetClashError) as caught:
        DEFINITIONS.dataset_of("daily/a.csv")

    assert str(caught.value) == (
        '"daily/a.csv" matches no `files` pattern but lies in the folder "daily", which is the name of a '
        "defined report. Rename the folder (or put the file into another one), or widen the pattern of "
        '[datasets.orders], now files = "orders/*.csv".'
    )


def test_a_file_in_no_folder_cannot_mix_with_a_defined_dataset_named_default():
    with pytest.raises(
        DatasetClashError, match='falls to the dataset "default", which is the name of a defined dataset'
    ):
        Definitions((Dataset(name="default", files="in/**"),)).dataset_of("a.csv")


def test_a_clash_tells_file_and_name_apart():
    with pytest.raises(DatasetClashError) as caught:
        DEFINITIONS.dataset_of("daily/a.csv")

    assert (caught.value.file_name, caught.value.name) == ("daily/a.csv", "daily")


def test_the_reports_of_a_dataset_are_those_that_name_it():
    assert DEFINITIONS.reports_of(ORDERS) == (DAILY,)


def test_a_dataset_that_no_report_names_has_none():
    assert Definitions((ORDERS,)).reports_of(ORDERS) == ()


def test_a_dataset_without_a_definition_keeps_one_report_of_its_own_name():
    expected = Report(name="weather", dataset="weather", period="all", time=None, group_by=(), metrics=())

    assert DEFINITIONS.reports_of(Dataset(name="weather")) == (expected,)


def test_datasets_and_reports_are_found_by_name():
    assert (DEFINITIONS.dataset("all_orders"), DEFINITIONS.report("totals")) == (ALL_ORDERS, TOTALS)


def test_an_unknown_name_finds_nothing():
    assert (DEFINITIONS.dataset("daily"), DEFINITIONS.report("orders")) == (None, None)
