-- How many lines there are, and how many of them hold no request.
SELECT
  CAST(COUNT(*) AS BIGINT) AS lines,
  CAST(COALESCE(SUM(CASE
    WHEN cs_uri_stem LIKE '/%'
      AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
      AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
    THEN 0 ELSE 1 END), 0) AS BIGINT) AS broken
FROM edge_logs
WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
