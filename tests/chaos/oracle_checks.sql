-- Which rows are good, and what they say. A row of a file is bad for the first reason in the order of these checks;
-- the files have no rows that are bad for several.

CREATE VIEW given AS
    SELECT file, dataset, line, len(fields) AS width_here, width,
           [nullif(fields[place], '') FOR place IN places] AS v
    FROM raw JOIN headers USING (file);

CREATE VIEW shaped AS
    SELECT *, CASE WHEN width_here < width THEN {'column': '', 'code': 'too_few_fields'}
                   WHEN width_here > width THEN {'column': '', 'code': 'too_many_fields'} END AS misshapen
    FROM given;

CREATE VIEW orders_text AS
    SELECT file, line, misshapen, v[1] AS id, v[2] AS day, v[3] AS region, v[4] AS customer, v[5] AS quantity,
           v[6] AS amount, v[7] AS weight, v[8] AS big, v[9] AS note
    FROM shaped WHERE dataset = 'orders';

CREATE VIEW orders_values AS
    SELECT *, coalesce(misshapen, CASE
        WHEN id IS NULL THEN {'column': 'id', 'code': 'required'}
        WHEN day IS NULL THEN {'column': 'day', 'code': 'required'}
        WHEN NOT is_day(day) THEN {'column': 'day', 'code': 'type'}
        WHEN region NOT IN ('north', 'south', 'east', 'west') THEN {'column': 'region', 'code': 'one_of'}
        WHEN NOT is_whole(quantity) THEN {'column': 'quantity', 'code': 'type'}
        WHEN CAST(quantity AS BIGINT) < 1 THEN {'column': 'quantity', 'code': 'min'}
        WHEN NOT is_money(amount) THEN {'column': 'amount', 'code': 'type'}
        WHEN NOT is_number(weight) THEN {'column': 'weight', 'code': 'type'}
        WHEN NOT is_whole(big) THEN {'column': 'big', 'code': 'type'}
        WHEN length(note) > 20 THEN {'column': 'note', 'code': 'max_length'} END) AS wrong
    FROM orders_text;

-- Of equal ids the first is kept, among the rows that are good otherwise.
CREATE TABLE checked_orders AS
    SELECT * EXCLUDE (misshapen, wrong), CASE
        WHEN wrong IS NOT NULL THEN wrong
        WHEN row_number() OVER (PARTITION BY file, id, wrong IS NULL ORDER BY line) > 1
        THEN {'column': 'id', 'code': 'unique'} END AS wrong
    FROM orders_values;

CREATE TABLE checked_readings AS
    SELECT file, line, v[1] AS time, v[2] AS sensor, v[3] AS value, coalesce(misshapen, CASE
        WHEN moment(v[1]) IS NULL AND v[1] IS NOT NULL THEN {'column': 'time', 'code': 'type'}
        WHEN v[2] IS NULL THEN {'column': 'sensor', 'code': 'required'}
        WHEN NOT is_number(v[3]) THEN {'column': 'value', 'code': 'type'} END) AS wrong
    FROM shaped WHERE dataset = 'readings';

CREATE TABLE checked_plain AS
    SELECT file, line, v[1] AS item, v[2] AS amount, v[3] AS price, NULL AS wrong FROM shaped WHERE dataset = 'plain';

CREATE VIEW checked AS
    SELECT file, line, wrong.column AS "column", wrong.code AS code FROM checked_orders
    UNION ALL SELECT file, line, wrong.column, wrong.code FROM checked_readings
    UNION ALL SELECT file, line, NULL, NULL FROM checked_plain;

-- A file of which more than half is bad counts for nothing.
CREATE TABLE good_orders AS
    SELECT file, line, id, CAST(day AS DATE) AS day, region, customer, CAST(quantity AS BIGINT) AS quantity,
           CAST(amount AS DECIMAL(28, 2)) AS amount, CAST(weight AS DOUBLE) AS weight, CAST(big AS BIGINT) AS big, note
    FROM checked_orders
    WHERE wrong IS NULL
      AND file IN (SELECT file FROM checked_orders GROUP BY file
                   HAVING count(*) FILTER (wrong IS NOT NULL) / count(*) <= 0.5);

CREATE TABLE good_readings AS
    SELECT file, line, moment(time) AS time, sensor, CAST(value AS DOUBLE) AS value
    FROM checked_readings WHERE wrong IS NULL;

-- Types of files without a definition: a column is a number only if every value of it is one.
CREATE VIEW plain_cells AS
    SELECT file, c.name AS "column", c.text AS text
    FROM (SELECT file, unnest([{'name': 'item', 'text': item}, {'name': 'amount', 'text': amount},
                               {'name': 'price', 'text': price}]) AS c FROM checked_plain)
    WHERE c.text IS NOT NULL;

CREATE VIEW plain_types AS
    SELECT file, "column", CASE
        WHEN bool_and(regexp_full_match(text, '0|-?[1-9][0-9]{0,17}')) THEN 'integer'
        WHEN bool_and(regexp_full_match(text, '-?(0|[1-9][0-9]*)([.][0-9]+)?')) THEN 'float'
        ELSE 'text' END AS type
    FROM plain_cells GROUP BY ALL;

CREATE VIEW plain_metrics AS
    SELECT "column", CASE WHEN bool_and(type = 'integer') THEN 'integer' ELSE 'float' END AS every,
           sum(CAST(text AS DOUBLE)) AS sum, min(CAST(text AS DOUBLE)) AS min, max(CAST(text AS DOUBLE)) AS max,
           avg(CAST(text AS DOUBLE)) AS mean
    FROM plain_cells JOIN plain_types USING (file, "column")
    WHERE type <> 'text' GROUP BY "column";
