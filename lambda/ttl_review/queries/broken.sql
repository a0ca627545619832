-- Lines that hold no request, by what tells them apart in a file without line numbers, and what each lacks.
SELECT
  CAST(year AS BIGINT) AS year,
  CAST(month AS BIGINT) AS month,
  CAST(day AS BIGINT) AS day,
  CAST(hour AS BIGINT) AS hour,
  COALESCE(x_edge_request_id, '-') AS request_id,
  CASE
    WHEN cs_uri_stem LIKE '/%' THEN ''
    ELSE SUBSTR(COALESCE(cs_uri_stem, ''), 1, 100)
  END AS path,
  CASE
    WHEN TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999 THEN ''
    ELSE SUBSTR(COALESCE(sc_status, ''), 1, 100)
  END AS status,
  CASE
    WHEN cs_uri_stem LIKE '/%' AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999 THEN 'time'
    WHEN cs_uri_stem LIKE '/%' THEN 'status'
    ELSE 'path'
  END AS lacks,
  SUBSTR(COALESCE(timestamp_ms, ''), 1, 100) AS at_ms
FROM edge_logs
WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
  AND (
    cs_uri_stem IS NULL
    OR cs_uri_stem NOT LIKE '/%'
    OR TRY_CAST(sc_status AS BIGINT) IS NULL
    OR TRY_CAST(sc_status AS BIGINT) NOT BETWEEN 0 AND 999
    OR TRY_CAST(timestamp_ms AS BIGINT) IS NULL
    OR TRY_CAST(timestamp_ms AS BIGINT) NOT BETWEEN 1 AND 9999999999999
  )
ORDER BY year, month, day, hour, request_id
LIMIT 20
