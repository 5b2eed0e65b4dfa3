-- The uploads, row by row, as text.

CREATE TABLE headers (file VARCHAR, dataset VARCHAR, width INTEGER, places INTEGER[]);

CREATE TABLE raw (file VARCHAR, line BIGINT, fields VARCHAR[]);

-- The rows of a text without quotes: each line below the first is one.
CREATE MACRO plain_lines(content) AS TABLE
    SELECT line, string_split(text, ',') AS fields
    FROM (
        SELECT unnest(lines) AS text, unnest(range(1, len(lines) + 1)) AS line
        FROM (SELECT string_split(replace(content, chr(13), ''), chr(10)) AS lines)
    )
    WHERE line > 1 AND text <> '';

CREATE MACRO is_number(text) AS regexp_full_match(text, '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?');
CREATE MACRO is_whole(text) AS
    text IS NULL OR (regexp_full_match(text, '[+-]?[0-9]+') AND TRY_CAST(text AS BIGINT) IS NOT NULL);
CREATE MACRO is_money(text) AS regexp_full_match(text, '[+-]?([0-9]+([.][0-9]{0,2})?|[.][0-9]{1,2})');
CREATE MACRO is_day(text) AS
    regexp_full_match(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(text AS DATE) IS NOT NULL;

-- A time without an offset is in UTC, the time zone of the dataset.
CREATE MACRO moment(text) AS
    TRY_CAST(regexp_extract(text, '^([0-9T:.-]+?)(Z|[+-][0-9]{2}:[0-9]{2})?$', 1) AS TIMESTAMP)
    - CASE WHEN regexp_matches(text, '[+-][0-9]{2}:[0-9]{2}$')
           THEN CAST(text[-6:-6] || '1' AS INTEGER)
                * (CAST(text[-5:-4] AS INTEGER) * INTERVAL 1 HOUR + CAST(text[-2:] AS INTEGER) * INTERVAL 1 MINUTE)
           ELSE INTERVAL 0 HOUR END;
