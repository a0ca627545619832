-- The query strings of each path that has been asked for with several, the most asked for first: up to 500 of a path.
SELECT
  path,
  query,
  requests,
  misses,
  bytes
FROM (
  SELECT
    path,
    query,
    requests,
    misses,
    bytes,
    COUNT(*) OVER (PARTITION BY path) AS variants,
    SUM(requests) OVER (PARTITION BY path) AS requests_of_path,
    ROW_NUMBER() OVER (PARTITION BY path ORDER BY requests DESC, query) AS nth
  FROM (
    SELECT
      cs_uri_stem AS path,
      COALESCE(cs_uri_query, '-') AS query,
      CAST(COUNT(*) AS BIGINT) AS requests,
      CAST(SUM(CASE WHEN x_edge_response_result_type = 'Miss' THEN 1 ELSE 0 END) AS BIGINT) AS misses,
      CAST(MAX(COALESCE(TRY_CAST(sc_bytes AS BIGINT), 0)) AS BIGINT) AS bytes
    FROM edge_logs
    WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
      AND cs_uri_stem LIKE '/%'
      AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
      AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
      AND cs_method = 'GET'
      AND sc_status = '200'
      AND x_edge_result_type <> 'Error'
    GROUP BY cs_uri_stem, COALESCE(cs_uri_query, '-')
  ) AS counted
) AS ranked
WHERE variants > 1 AND nth <= 500
ORDER BY requests_of_path DESC, path, nth
LIMIT 50000
