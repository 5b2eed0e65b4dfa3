"""Every mistake that the reader finds, as the line that its author sees."""

import pytest

from shared.definitions.errors import DefinitionsError
from shared.definitions.parse import load

DATASET = '[datasets.sales]\nfiles = "sales/**"\n'
COLUMNS = """[datasets.sales.columns]
id = { type = "string" }
quantity = { type = "integer" }
weight = { type = "float" }
paid = { type = "boolean" }
day = { type = "date" }
at = { type = "datetime" }
"""
METRICS = '[reports.r.metrics]\nn = "count"\n'

TYPES = "string, integer, float, decimal, boolean, date or datetime"
NUMBERS = "integer, float or decimal"
FORMATS = 'must be a strptime format that tells the date, such as "%d.%m.%Y" or "%d.%m.%Y %H:%M"'
GROUPABLE = "string, integer, decimal, boolean, date or datetime"
DELIMITERS = r'must be "auto" or one character such as "," ";" "|" or "\t" (ASCII, no quote, no line end)'
KEYS = "files, delimiter, encoding, null_values, extra_columns, max_rejected, time_zone, columns"
NOT_SHARED = "which Python and the Rust engine that runs it do not both have"
FUNCTIONS = "use count, sum, min, max, mean, std, distinct or p01…p99"
DECIMAL = 'type = "decimal", scale = 2'
OVER_DIGITS = "must have at most 2 digits after the point (its scale)"

FILE = [
    ('[dataset.sales]\nfiles = "a"', 'dataset: unknown table, did you mean "datasets"?'),
    ("version = 1", "version: unknown table, there is only datasets, reports"),
    ("datasets = 1", "datasets: must be a table, not 1"),
    ("datasets.sales = 'x'", '[datasets] sales: must be a table, not "x"'),
    (
        '[datasets."my sales"]\nfiles = "a"',
        '[datasets."my sales"]: "my sales" is no name for URLs; use 1 to 64 letters, digits, - and _',
    ),
    (
        f'[datasets.{"x" * 65}]\nfiles = "a"',
        f'[datasets.{"x" * 65}]: "{"x" * 58}… is no name for URLs; use 1 to 64 letters, digits, - and _',
    ),
    (
        DATASET + '[reports."größe"]\ndataset = "sales"\nmetrics = { n = "count" }',
        '[reports."größe"]: "größe" is no name for URLs; use 1 to 64 letters, digits, - and _',
    ),
    (
        DATASET + '[datasets.b]\nfiles = "b"\n[reports.b]\ndataset = "sales"\nmetrics = { n = "count" }',
        '[reports.b]: is also the name of a dataset that it is not over; rename it, or set dataset = "b"',
    ),
    (
        "[datasets.sales]",
        '[datasets.sales] files: is missing; write a pattern over upload names, such as files = "sales/**"',
    ),
]

DATASET_KEYS = [
    ('delimeter = ";"', 'delimeter: unknown key, did you mean "delimiter"?'),
    (
        '"a\\nb" = 1',
        rf'"a\nb": unknown key, there is only {KEYS}',
    ),
    ("delimiter = 1", "delimiter: must be a string, not 1"),
    (
        'delimiter = ";;"',
        rf'delimiter: {DELIMITERS}, not ";;"',
    ),
    (
        "delimiter = '\"'",
        rf'delimiter: {DELIMITERS}, not "\""',
    ),
    (
        'encoding = "utf-9"',
        'encoding: must be a text encoding that Python knows, such as "utf-8", "cp1252" or "utf-16", not "utf-9"',
    ),
    (
        'encoding = "base64"',
        'encoding: must be a text encoding that Python knows, such as "utf-8", "cp1252" or "utf-16", not "base64"',
    ),
    ('null_values = "NA"', 'null_values: must be a list of strings, not "NA"'),
    ("null_values = [0]", "null_values: must have strings only, not 0"),
    ('extra_columns = "drop"', 'extra_columns: must be reject, ignore or keep, not "drop"'),
    ("max_rejected = 1.01", "max_rejected: must be a share from 0 to 1, such as 0.1 for a tenth of the rows, not 1.01"),
    ("max_rejected = -1", "max_rejected: must be a share from 0 to 1, such as 0.1 for a tenth of the rows, not -1"),
    ("max_rejected = nan", "max_rejected: must be a share from 0 to 1, such as 0.1 for a tenth of the rows, not NaN"),
    ("max_rejected = true", "max_rejected: must be a share from 0 to 1, such as 0.1 for a tenth of the rows, not true"),
    ('time_zone = "Europe/Berln"', 'time_zone: unknown time zone "Europe/Berln", did you mean "Europe/Berlin"?'),
    ('time_zone = "Europe"', 'time_zone: unknown time zone "Europe", did you mean "Europe/Rome"?'),
    ('time_zone = "zone.tab"', 'time_zone: unknown time zone "zone.tab", use a name such as "Europe/Berlin" or "UTC"'),
    (
        'time_zone = "posix/Europe/Berlin"',
        'time_zone: unknown time zone "posix/Europe/Berlin", did you mean "Europe/Berlin"?',
    ),
    ('time_zone = ""', 'time_zone: unknown time zone "", use a name such as "Europe/Berlin" or "UTC"'),
    (
        'time_zone = "/etc/localtime"',
        'time_zone: unknown time zone "/etc/localtime", use a name such as "Europe/Berlin" or "UTC"',
    ),
    ('time_zone = "../etc"', 'time_zone: unknown time zone "../etc", use a name such as "Europe/Berlin" or "UTC"'),
    (
        'time_zone = "localtime"',
        'time_zone: unknown time zone "localtime", use a name such as "Europe/Berlin" or "UTC"',
    ),
    ("columns = 1", "columns: must be a table, not 1"),
]

FILES = [
    ('""', '"" matches no upload; to take all files below a folder, write "sales/**"'),
    ('"in/"', '"in/" matches no upload; to take all files below a folder, write "in/**"'),
    ('"/in"', '"/in" matches no upload; to take all files below a folder, write "in/**"'),
]

COLUMN_KEYS = [
    ("", 'x.type: is missing; write type = "string", "integer", "float", "decimal", "boolean", "date" or "datetime"'),
    ('type = "int"', f'x.type: must be {TYPES}, not "int"'),
    ('type = "string", requird = true', 'x.requird: unknown key, did you mean "required"?'),
    ('type = "string", required = "yes"', 'x.required: must be true or false, not "yes"'),
    ('type = "string", unique = 1', "x.unique: must be true or false, not 1"),
    (
        'type = "string", min = 1',
        f"x.min: is only for columns of type {NUMBERS.replace(' or', ',')}, date or datetime, not string",
    ),
    (
        'type = "boolean", max = 1',
        f"x.max: is only for columns of type {NUMBERS.replace(' or', ',')}, date or datetime, not boolean",
    ),
    ('type = "integer", one_of = ["1"]', "x.one_of: is only for columns of type string, not integer"),
    ('type = "integer", pattern = "1"', "x.pattern: is only for columns of type string, not integer"),
    ('type = "integer", max_length = 1', "x.max_length: is only for columns of type string, not integer"),
    ('type = "float", scale = 2', "x.scale: is only for columns of type decimal, not float"),
    ('type = "string", format = "%Y"', "x.format: is only for columns of type date or datetime, not string"),
    ('type = "decimal"', "x.scale: is missing; write how many digits follow the point, such as scale = 2"),
    ('type = "decimal", scale = 19', "x.scale: must be a whole number from 0 to 18, not 19"),
    ('type = "decimal", scale = "2"', 'x.scale: must be a whole number from 0 to 18, not "2"'),
    ('type = "integer", min = "abc"', 'x.min: must be a number, not "abc"'),
    ('type = "integer", min = 1.5', "x.min: must be a whole number, not 1.5"),
    ('type = "integer", min = true', "x.min: must be a number, not true"),
    ('type = "integer", min = 9223372036854775808', "x.min: must be a number of at most 64 bits"),
    ('type = "float", min = nan', "x.min: must be a number, not NaN"),
    ('type = "float", max = 1e999', "x.max: must be a number that a float can hold, not 1E+999"),
    (f"{DECIMAL}, min = 1.234", f"x.min: {OVER_DIGITS}, not 1.234"),
    (f'{DECIMAL}, min = "1.234"', f"x.min: {OVER_DIGITS}, not 1.234"),
    (f'{DECIMAL}, min = "a lot"', 'x.min: must be a number, not "a lot"'),
    (f"{DECIMAL}, max = 1e40", "x.max: must have at most 38 digits, 2 of them after the point"),
    ('type = "date", min = 2026-11-20T13:00:00', "x.min: must be a date such as 2026-11-20, not 2026-11-20T13:00:00"),
    ('type = "date", min = "20.11.2026"', 'x.min: must be a date such as 2026-11-20, not "20.11.2026"'),
    ('type = "datetime", min = 2026-11-20', "x.min: must be a datetime such as 2026-11-20T13:00:00, not 2026-11-20"),
    (
        'type = "datetime", min = "2026-11-20"',
        'x.min: must be a datetime such as 2026-11-20T13:00:00, not "2026-11-20"',
    ),
    (
        'type = "datetime", min = 0001-01-01T00:00:00+12:00',
        "x.min: must be within the years 1 to 9999 in UTC, not 0001-01-01T00:00:00+12:00",
    ),
    ('type = "integer", min = 3, max = 2', "x.min: must not be above max: 3 > 2"),
    (
        'type = "datetime", min = 2026-01-01T01:00:00, max = 2026-01-01T01:00:00+01:00',
        "x.min: must not be above max: 2026-01-01T01:00:00 > 2026-01-01T01:00:00+01:00",
    ),
    ('type = "string", one_of = []', "x.one_of: must name at least one value"),
    ('type = "string", one_of = [1]', "x.one_of: must have strings only, not 1"),
    ('type = "string", max_length = 0', "x.max_length: must be a whole number from 1 to 2147483647, not 0"),
    ('type = "string", pattern = "["', "x.pattern: has a [ that no ] closes (at character 1)"),
    (
        'type = "string", pattern = "(?=a)"',
        f"x.pattern: must do without look-around such as (?=…), {NOT_SHARED} (at character 1)",
    ),
    (
        "type = 'string', pattern = '(a)\\1'",
        rf"x.pattern: must do without back-references such as \1, {NOT_SHARED} (at character 4)",
    ),
    ('type = "string", pattern = 1', "x.pattern: must be a string, not 1"),
    (
        'type = "date", format = "%H:%M"',
        f'x.format: {FORMATS}, not "%H:%M"',
    ),
    (
        'type = "datetime", format = "%Y-%m-%d %H:%M:%S %Z"',
        "x.format: must do without %Z: names of zones are not unique; %z reads offsets such as +0100",
    ),
    (
        'type = "datetime", format = "%d.%m.%Y %H"',
        "x.format: must have minutes (%M) where it has hours; polars reads no hours without them",
    ),
    (
        'type = "date", format = "yyyy-MM-dd"',
        f'x.format: {FORMATS}, not "yyyy-MM-dd"',
    ),
]

REPORT_KEYS = [
    ("", "[reports.r] dataset: is missing; name the dataset that the report is over"),
    ('dataset = "sale"', '[reports.r] dataset: unknown dataset "sale", did you mean "sales"?'),
    ('dataset = "x"', '[reports.r] dataset: unknown dataset "x", define it as [datasets.x]'),
    ('dataset = "sales"\ngroupby = ["id"]', '[reports.r] groupby: unknown key, did you mean "group_by"?'),
    (
        'dataset = "sales"\ntime = "id"',
        '[reports.r] time: time needs a column of type date or datetime; "id" is string',
    ),
    (
        'dataset = "sales"\ntime = "dya"',
        '[reports.r] time: [datasets.sales.columns] has no column "dya", did you mean "day"?',
    ),
    (
        'dataset = "sales"\nperiod = "week"\ntime = "at"',
        '[reports.r] period: must be hour, day, month, year or all, not "week"',
    ),
    (
        'dataset = "sales"\nperiod = "day"',
        '[reports.r] period: "day" needs a time column; write time = "…" or period = "all"',
    ),
    (
        'dataset = "sales"\nperiod = "hour"\ntime = "day"',
        '[reports.r] period: "hour" needs a column of type datetime; "day" is date',
    ),
    ('dataset = "sales"\ngroup_by = "id"', '[reports.r] group_by: must be a list of strings, not "id"'),
    (
        'dataset = "sales"\ngroup_by = ["region"]',
        '[reports.r] group_by: [datasets.sales.columns] has no column "region", name it there, with its type',
    ),
    (
        'dataset = "sales"\ngroup_by = ["weight"]',
        f'[reports.r] group_by: grouping needs a column of type {GROUPABLE}; "weight" is float',
    ),
    ('dataset = "sales"\ngroup_by = ["id", "id"]', '[reports.r] group_by: names "id" more than once'),
]

METRIC_KEYS = [
    ('"sum(paid)"', f'm: sum needs a column of type {NUMBERS}; "paid" is boolean'),
    ('"mean(day)"', f'm: mean needs a column of type {NUMBERS}; "day" is date'),
    (
        '"max(paid)"',
        'm: max needs a column of type integer, float, decimal, string, date or datetime; "paid" is boolean',
    ),
    ('"sum(quantiy)"', 'm: [datasets.sales.columns] has no column "quantiy", did you mean "quantity"?'),
    ('"avg(weight)"', f'm: unknown function "avg"; {FUNCTIONS}'),
    ('"p0(weight)"', f'm: unknown function "p0"; {FUNCTIONS}'),
    ('"p00(weight)"', f'm: unknown function "p00"; {FUNCTIONS}'),
    ('"p100(weight)"', f'm: unknown function "p100"; {FUNCTIONS}'),
    ('"p٩٥(weight)"', f'm: unknown function "p٩٥"; {FUNCTIONS}'),
    ('"percentile(weight)"', f'm: unknown function "percentile"; {FUNCTIONS}'),
    ('"p95(day)"', f'm: p95 needs a column of type {NUMBERS}; "day" is date'),
    ('"p95"', 'm: p95 needs a column; write "p95(…)" with its name'),
    ('"distinct"', 'm: distinct needs a column; write "distinct(…)" with its name'),
    ('"sum"', 'm: sum needs a column; write "sum(…)" with its name'),
    ('"count()"', 'm: must be "count" or a function of a column such as "sum(amount)", not "count()"'),
    ('"sum(weight) / 2"', 'm: must be "count" or a function of a column such as "sum(amount)", not "sum(weight) / 2"'),
    ("1", "m: must be a string, not 1"),
]


@pytest.mark.parametrize(("text", "line"), FILE)
def test_a_mistake_in_the_file(mistakes_of, text, line):
    assert mistakes_of(text) == [line]


@pytest.mark.parametrize(("text", "line"), DATASET_KEYS)
def test_a_mistake_in_a_dataset(mistakes_of, text, line):
    assert mistakes_of(DATASET + text) == [f"[datasets.sales] {line}"]


@pytest.mark.parametrize(("pattern", "line"), FILES)
def test_a_pattern_that_matches_nothing(mistakes_of, pattern, line):
    assert mistakes_of(f"[datasets.sales]\nfiles = {pattern}") == [f"[datasets.sales] files: {line}"]


@pytest.mark.parametrize(("text", "line"), COLUMN_KEYS)
def test_a_mistake_in_a_column(mistakes_of, text, line):
    assert mistakes_of(f"{DATASET}[datasets.sales.columns]\nx = {{ {text} }}") == [f"[datasets.sales.columns] {line}"]


def test_an_empty_columns_table(mistakes_of):
    line = "[datasets.sales.columns]: must name a column; leave the table out to have types inferred"

    assert mistakes_of(DATASET + "[datasets.sales.columns]") == [line]


def test_a_column_without_a_name(mistakes_of):
    text = f'{DATASET}[datasets.sales.columns]\n"" = {{ type = "string" }}'

    assert mistakes_of(text) == ['[datasets.sales.columns] "": a column must have a name']


@pytest.mark.parametrize(
    "text",
    [
        f'type = "decimal", scale = 0, max = "{"9" * 38}"',
        f'type = "decimal", scale = 18, max = "{"9" * 20}.{"9" * 18}"',
        'type = "integer", min = -9223372036854775808, max = 9223372036854775807',
        'type = "string", max_length = 1',
        'type = "integer", min = 3, max = 3',
    ],
)
def test_the_outermost_values_of_a_check_are_accepted(mistakes_of, text):
    assert mistakes_of(f"{DATASET}[datasets.sales.columns]\nx = {{ {text} }}") == []


@pytest.mark.parametrize("share", ["0", "0.0", "1", "1.0"])
def test_none_and_all_are_shares_of_rows(mistakes_of, share):
    assert mistakes_of(f"{DATASET}max_rejected = {share}") == []


@pytest.mark.parametrize(("text", "line"), REPORT_KEYS)
def test_a_mistake_in_a_report(mistakes_of, text, line):
    assert mistakes_of(f"{DATASET}{COLUMNS}[reports.r]\n{text}\n{METRICS}") == [line]


@pytest.mark.parametrize(("value", "line"), METRIC_KEYS)
def test_a_mistake_in_a_metric(mistakes_of, value, line):
    text = f'{DATASET}{COLUMNS}[reports.r]\ndataset = "sales"\n[reports.r.metrics]\nm = {value}'

    assert mistakes_of(text) == [f"[reports.r.metrics] {line}"]


def test_a_metric_without_a_name(mistakes_of):
    text = f'{DATASET}[reports.r]\ndataset = "sales"\nmetrics = {{ "" = "count" }}'

    assert mistakes_of(text) == ["[reports.r.metrics]: a metric must have a name"]


def test_a_metric_named_like_a_group_column(mistakes_of):
    text = f'{DATASET}{COLUMNS}[reports.r]\ndataset = "sales"\ngroup_by = ["id"]\nmetrics = {{ id = "count" }}'

    assert mistakes_of(text) == ["[reports.r.metrics] id: has the name of a column of group_by; rename the metric"]


@pytest.mark.parametrize("name", ["period", "rows"])
def test_a_metric_named_like_a_field_of_every_row(mistakes_of, name):
    text = f'{DATASET}{COLUMNS}[reports.r]\ndataset = "sales"\nmetrics = {{ {name} = "count" }}'
    line = f'[reports.r.metrics] {name}: "{name}" is a field that every row of a report has; use another name'

    assert mistakes_of(text) == [line]


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        ("", '[reports.r] metrics: is missing; write at least one, such as metrics = { orders = "count" }'),
        ("metrics = {}", '[reports.r.metrics]: must have at least one metric, such as orders = "count"'),
    ],
)
def test_a_report_without_metrics(mistakes_of, metrics, line):
    assert mistakes_of(f'{DATASET}[reports.r]\ndataset = "sales"\n{metrics}') == [line]


@pytest.mark.parametrize("metric", ["min", "max", "count"])
@pytest.mark.parametrize("column", ["id", "quantity", "weight", "day", "at"])
def test_min_max_and_count_are_for_all_that_has_an_order(mistakes_of, metric, column):
    text = f'{DATASET}{COLUMNS}[reports.r]\ndataset = "sales"\nmetrics = {{ m = "{metric}({column})" }}'

    assert mistakes_of(text) == []


@pytest.mark.parametrize("column", ["id", "quantity", "weight", "day", "at", "paid"])
def test_distinct_is_for_every_type(mistakes_of, column):
    text = f'{DATASET}{COLUMNS}[reports.r]\ndataset = "sales"\nmetrics = {{ m = "distinct({column})" }}'

    assert mistakes_of(text) == []


def test_a_column_that_is_not_understood_is_no_second_mistake_in_its_reports(mistakes_of):
    columns = "[datasets.sales.columns]\nx = { type = 'text' }\ny = 1\n"
    report = '[reports.r]\ndataset = "sales"\ngroup_by = ["x"]\nmetrics = { m = "sum(y)" }'

    assert mistakes_of(DATASET + columns + report) == [
        f'[datasets.sales.columns] x.type: must be {TYPES}, not "text"',
        "[datasets.sales.columns] y: must be a table, not 1",
    ]


def test_a_dataset_that_is_not_understood_is_no_second_mistake_in_its_reports(mistakes_of):
    text = 'datasets.a = 1\n[reports.r]\ndataset = "a"\ngroup_by = ["x"]\nmetrics = { m = "count" }'

    assert mistakes_of(text) == ["[datasets] a: must be a table, not 1"]


def test_all_mistakes_are_reported_at_once_under_the_name_of_the_file(fixtures):
    with pytest.raises(DefinitionsError) as caught:
        load(fixtures / "many_mistakes.toml")

    expected = (fixtures / "many_mistakes.txt").read_text()
    assert str(caught.value) + "\n" == expected.replace("{source}", str(fixtures / "many_mistakes.toml"))


def test_a_mistake_tells_table_key_and_message_apart(fixtures):
    with pytest.raises(DefinitionsError) as caught:
        load(fixtures / "many_mistakes.toml")

    mistake = next(mistake for mistake in caught.value.mistakes if mistake.key == "quantity.min")
    assert (mistake.table, mistake.message) == ("datasets.sales.columns", 'must be a number, not "abc"')
