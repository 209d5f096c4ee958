-- name: count_total
SELECT CAST(SUM(n) AS BIGINT), CAST(SUM(s) AS BIGINT) FROM tally
WHERE term = $1 AND area = $2 AND dim = '' AND day BETWEEN $3 AND $4
-- name: count_days
SELECT day, n, s FROM tally WHERE term = $1 AND area = $2 AND dim = '' AND day BETWEEN $3 AND $4
ORDER BY day
-- name: count_dims
SELECT dim, CAST(SUM(n) AS BIGINT), CAST(SUM(s) AS BIGINT) FROM tally
WHERE term = $1 AND area = $2 AND dim > $3 AND dim < $4 AND day BETWEEN $5 AND $6
GROUP BY dim ORDER BY dim
-- name: count_dim_days
SELECT dim, n, s, day FROM tally
WHERE term = $1 AND area = $2 AND dim > $3 AND dim < $4 AND day BETWEEN $5 AND $6
ORDER BY dim, day
-- name: count_known
SELECT CAST(SUM(n) AS BIGINT), CAST(SUM(s) AS BIGINT) FROM tally_known
WHERE term = $1 AND area = $2 AND day BETWEEN $3 AND $4 AND known <= $5
-- name: count_first_known
SELECT MIN(known) FROM tally_known WHERE term = $1 AND area = $2 AND day BETWEEN $3 AND $4
-- name: log_first
SELECT recorded FROM event WHERE seq = 0
-- name: duration_below
WITH RECURSIVE below(aid) AS (
    SELECT aid FROM area WHERE aid = $4 UNION ALL SELECT a.aid FROM below b JOIN area a ON a.parent = b.aid)
SELECT d.area, d.ms, d.rid, d.day FROM below b CROSS JOIN duration d
WHERE d.term = $1 AND d.area = b.aid AND d.day BETWEEN $2 AND $3
-- name: asof_changed
SELECT rid, last_seq, sealed FROM record WHERE last_seq >= $1 AND (type = $2 OR type = $3)
ORDER BY last_seq
-- name: count_outside
SELECT COUNT(*), CAST(SUM(CASE WHEN a.rid IS NULL THEN 1 ELSE 0 END) AS BIGINT)
FROM (SELECT rid, type FROM scope WHERE scope = $1 AND type = $2 LIMIT $4) s
LEFT JOIN scope a ON a.scope = $3 AND a.type = s.type AND a.rid = s.rid
-- name: count_outside_open
SELECT COUNT(*), CAST(SUM(CASE WHEN a.rid IS NULL THEN 1 ELSE 0 END) AS BIGINT)
FROM (SELECT rid, type FROM scope_open WHERE scope = $1 AND type = $2 LIMIT $4) s
LEFT JOIN scope_open a ON a.scope = $3 AND a.type = s.type AND a.rid = s.rid
-- name: asof_moved
SELECT r.rid, r.last_seq, r.sealed FROM scope s CROSS JOIN record r
WHERE r.rid = s.rid AND s.scope = $1 AND (s.type = $2 OR s.type = $3) AND r.last_seq < $4
-- name: count_gone
SELECT COUNT(*), CAST(SUM(CASE WHEN s.rid IS NULL THEN 0 ELSE 1 END) AS BIGINT)
FROM (SELECT rid, type FROM record WHERE type = $1 AND (void = 1 OR merged IS NOT NULL) LIMIT $3) g
LEFT JOIN scope s ON s.scope = $2 AND s.type = g.type AND s.rid = g.rid
