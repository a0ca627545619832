-- Whole answers by path and type of content, of the sizes that CloudFront compresses ("Serve compressed files", Amazon
-- CloudFront Developer Guide).
SELECT
  cs_uri_stem AS path,
  LOWER(SPLIT_PART(sc_content_type, ';', 1)) AS type,
  CAST(COUNT(*) AS BIGINT) AS requests,
  CAST(SUM(TRY_CAST(sc_bytes AS BIGINT)) AS BIGINT) AS bytes
FROM edge_logs
WHERE year = 2026 AND month = 1 AND day BETWEEN 1 AND 7 -- the days
  AND cs_uri_stem LIKE '/%'
  AND TRY_CAST(sc_status AS BIGINT) BETWEEN 0 AND 999
  AND TRY_CAST(timestamp_ms AS BIGINT) BETWEEN 1 AND 9999999999999
  AND cs_method = 'GET'
  AND sc_status = '200'
  AND TRY_CAST(sc_bytes AS BIGINT) BETWEEN 1000 AND 10000000
  AND (
    LOWER(sc_content_type) LIKE 'text/%'
    OR LOWER(sc_content_type) LIKE 'application/%'
    OR LOWER(sc_content_type) LIKE 'font/%'
    OR LOWER(sc_content_type) LIKE 'image/svg+xml%'
  )
GROUP BY cs_uri_stem, LOWER(SPLIT_PART(sc_content_type, ';', 1))
ORDER BY path, type
