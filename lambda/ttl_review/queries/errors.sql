-- Errors by status: how many came so soon after the same error, at the same edge location and for the same object, that
-- an edge location that keeps errors so long has not asked the origin; and how many of these came late: since the one
-- before, the origin had answered well at another edge location. late_ms is the longest time from that answer to an error.
SELECT
  status,
  CAST(COUNT(*) AS BIGINT) AS requests,
  CAST(SUM(CASE WHEN at_ms - before_ms <= 10000 THEN 1 ELSE 0 END) AS BIGINT) AS within_10,
  CAST(SUM(CASE WHEN at_ms - before_ms <= 60000 THEN 1 ELSE 0 END) AS BIGINT) AS within_60,
  CAST(SUM(CASE WHEN at_ms - before_ms <= 300000 THEN 1 ELSE 0 END) AS BIGINT) AS within_300,
  CAST(SUM(CASE WHEN at_ms - before_ms <= 3600000 THEN 1 ELSE 0 END) AS BIGINT) AS within_3600,
  CAST(SUM(CASE WHEN well_ms > before_ms THEN 1 ELSE 0 END) AS BIGINT) AS late,
  CAST(COALESCE(MAX(CASE WHEN well_ms > before_ms THEN at_ms - well_ms END), 0) AS BIGINT) AS late_ms
FROM (
  SELECT
    status,
    at_ms,
    CASE WHEN status_before = status THEN any_before_ms END AS before_ms,
    well_ms
  FROM (
    SELECT
      status,
      at_ms,
      LAG(status) OVER (PARTITION BY location, path, query ORDER BY at_ms) AS status_before,
      LAG(at_ms) OVER (PARTITION BY location, path, query ORDER BY at_ms) AS any_before_ms,
      MAX(CASE WHEN fetched AND status BETWEEN 200 AND 399 THEN at_ms END)
        OVER (PARTITION BY path, query ORDER BY at_ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS well_ms
    FROM (
      SELECT
        COALESCE(x_edge_location, '-') AS location,
        cs_uri_stem AS path,
        COALESCE(cs_uri_query, '-') AS query,
        TRY_CAST(timestamp_ms AS BIGINT) AS at_ms,
        TRY_CAST(sc_status AS BIGINT) AS status,
        x_edge_response_result_type IN ('Miss', 'RefreshHit') AS fetched
      FROM edge_logs
      WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
        AND cs_uri_stem LIKE '/%'
        AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
        AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
        AND cs_method IN ('GET', 'HEAD')
    ) AS logged
  ) AS followed
) AS repeated
WHERE status BETWEEN 400 AND 599
GROUP BY status
ORDER BY status
