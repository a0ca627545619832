-- Lines that hold no request: what tells each from others in files without line numbers, and what it has instead.
SELECT
  CAST(year AS BIGINT) AS year,
  CAST(month AS BIGINT) AS month,
  CAST(day AS BIGINT) AS day,
  CAST(hour AS BIGINT) AS hour,
  SUBSTR(COALESCE(x_edge_request_id, '-'), 1, 100) AS request_id,
  SUBSTR(COALESCE(cs_uri_stem, ''), 1, 100) AS path,
  SUBSTR(COALESCE(sc_status, ''), 1, 100) AS status,
  SUBSTR(COALESCE(timestamp_ms, ''), 1, 100) AS at_ms
FROM edge_logs
WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
  AND NOT COALESCE(
    cs_uri_stem LIKE '/%'
      AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
      AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999,
    FALSE
  )
ORDER BY year, month, day, hour, request_id
LIMIT 20
