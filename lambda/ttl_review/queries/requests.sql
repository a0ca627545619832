-- Every request that an edge location could have answered from its cache, ordered by edge location, path, query string
-- and time. An object begins where nth is 1; only there is it named.
SELECT
  CASE WHEN nth = 1 THEN location ELSE '' END AS location,
  CASE WHEN nth = 1 THEN path ELSE '' END AS path,
  CASE WHEN nth = 1 THEN query ELSE '' END AS query,
  nth,
  at_ms,
  status,
  result
FROM (
  SELECT
    location,
    path,
    query,
    at_ms,
    status,
    result,
    CAST(ROW_NUMBER() OVER (PARTITION BY location, path, query ORDER BY at_ms) AS BIGINT) AS nth,
    location AS by_location,
    path AS by_path,
    query AS by_query
  FROM (
    SELECT
      COALESCE(x_edge_location, '-') AS location,
      cs_uri_stem AS path,
      COALESCE(cs_uri_query, '-') AS query,
      COALESCE(TRY_CAST(timestamp_ms AS BIGINT), 0) AS at_ms,
      COALESCE(TRY_CAST(sc_status AS BIGINT), 0) AS status,
      CAST(CASE x_edge_response_result_type
        WHEN 'Hit' THEN 1
        WHEN 'RefreshHit' THEN 2
        WHEN 'OriginShieldHit' THEN 3
        WHEN 'Miss' THEN 4
        WHEN 'Error' THEN 5
        WHEN 'LimitExceeded' THEN 6
        WHEN 'CapacityExceeded' THEN 7
        WHEN 'Redirect' THEN 8
        ELSE 0
      END AS BIGINT) AS result
    FROM edge_logs
    WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
      AND cs_uri_stem LIKE '/%'
      AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
      AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
      AND cs_method IN ('GET', 'HEAD')
  ) AS logged
) AS numbered
ORDER BY by_location, by_path, by_query, nth
