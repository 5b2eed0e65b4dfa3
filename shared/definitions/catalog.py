"""All definitions together, and the questions asked of them: whose is this file, which reports follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.definitions import fingerprint as hashing
from shared.definitions.errors import DatasetClashError
from shared.definitions.globs import matches
from shared.definitions.model import Dataset, Report

UNDEFINED = "(none defined)"
DEFAULT_DATASET = "default"  # of files that match no definition and lie in no folder


@dataclass(frozen=True, slots=True)
class Definitions:
    """The datasets and reports of one `datasets.toml`, in its order. Empty: every file's columns are inferred."""

    datasets: tuple[Dataset, ...] = ()
    reports: tuple[Report, ...] = ()

    def dataset(self, name: str) -> Dataset | None:
        """The defined dataset of this name."""
        return next((dataset for dataset in self.datasets if dataset.name == name), None)

    def report(self, name: str) -> Report | None:
        """The defined report of this name."""
        return next((report for report in self.reports if report.name == name), None)

    def kind_of(self, name: str) -> str:
        """A dataset or report as metrics call it: those without a definition are too many to be told apart."""
        return name if self.dataset(name) or self.report(name) else UNDEFINED

    def dataset_of(self, file_name: str) -> Dataset:
        """The first dataset whose pattern matches, or else one named after the file's first folder, without columns.

        Raises DatasetClashError where the folder has the name of something that is defined for other files.
        """
        for dataset in self.datasets:
            if dataset.files is not None and matches(dataset.files, file_name):
                return dataset
        folder, slash, _ = file_name.partition("/")
        name = folder if slash and folder else DEFAULT_DATASET
        self._refuse_clash(file_name, name)
        return Dataset(name=name)

    def reports_of(self, dataset: Dataset) -> tuple[Report, ...]:
        """The reports over a dataset. One without a definition keeps a single report of its own name."""
        if dataset.files is None:
            return (Report(name=dataset.name, dataset=dataset.name),)
        return tuple(report for report in self.reports if report.dataset == dataset.name)

    def fingerprint(self, dataset: Dataset) -> str:
        """A short hash of all that shapes the outputs of the dataset's files."""
        return hashing.fingerprint(dataset, self.reports_of(dataset))

    def states_of(self, report: Report) -> str:
        """A short hash of all that shapes a report's states: those of one hash can be merged."""
        return hashing.report_fingerprint(report, self.dataset(report.dataset) or Dataset(report.dataset))

    def _refuse_clash(self, file_name: str, name: str) -> None:
        """The outputs of both would share one place: partials, reports and partition keys go by name."""
        dataset, report = self.dataset(name), self.report(name)
        owner = dataset or (self.dataset(report.dataset) if report else None)
        if owner is None:
            return
        kind = "dataset" if dataset else "report"
        where = f'lies in the folder "{name}"' if "/" in file_name.lstrip("/") else f'falls to the dataset "{name}"'
        raise DatasetClashError(
            file_name,
            name,
            f'"{file_name}" matches no `files` pattern but {where}, which is the name of a defined {kind}. '
            f"Rename the folder (or put the file into another one), "
            f'or widen the pattern of [datasets.{owner.name}], now files = "{owner.files}".',
        )
