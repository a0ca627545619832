-- Every path, counted as CloudFront's console does ("View CloudFront popular objects reports" and "View CloudFront cache
-- statistics reports", Amazon CloudFront Developer Guide). Refresh hits are neither hits nor misses there.
SELECT
  cs_uri_stem AS path,
  CAST(COUNT(*) AS BIGINT) AS requests,
  CAST(SUM(CASE WHEN x_edge_response_result_type = 'Hit' THEN 1 ELSE 0 END) AS BIGINT) AS hits,
  CAST(SUM(CASE WHEN x_edge_response_result_type = 'Miss' THEN 1 ELSE 0 END) AS BIGINT) AS misses,
  CAST(SUM(CASE WHEN x_edge_response_result_type IN ('Error', 'LimitExceeded', 'CapacityExceeded') THEN 1 ELSE 0 END)
    AS BIGINT) AS errors,
  CAST(COALESCE(SUM(TRY_CAST(sc_bytes AS BIGINT)), 0) AS BIGINT) AS bytes,
  CAST(COALESCE(SUM(CASE WHEN x_edge_result_type = 'Miss' THEN TRY_CAST(sc_bytes AS BIGINT) END), 0) AS BIGINT)
    AS bytes_from_misses,
  CAST(SUM(CASE WHEN sc_status = '200' AND x_edge_result_type = 'Error' THEN 1 ELSE 0 END) AS BIGINT) AS incomplete,
  CAST(SUM(CASE WHEN sc_status LIKE '2__' THEN 1 ELSE 0 END) AS BIGINT) AS status_2xx,
  CAST(SUM(CASE WHEN sc_status LIKE '3__' THEN 1 ELSE 0 END) AS BIGINT) AS status_3xx,
  CAST(SUM(CASE WHEN sc_status LIKE '4__' THEN 1 ELSE 0 END) AS BIGINT) AS status_4xx,
  CAST(SUM(CASE WHEN sc_status LIKE '5__' THEN 1 ELSE 0 END) AS BIGINT) AS status_5xx
FROM edge_logs
WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
  AND cs_uri_stem LIKE '/%'
  AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
  AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
GROUP BY cs_uri_stem
ORDER BY requests DESC, path
