-- name: api_changed
SELECT rid, last_seq FROM record WHERE last_seq > $1 ORDER BY last_seq LIMIT $2

-- name: api_gone
SELECT l.seq, r.id, l.rid FROM scope_log l JOIN record r ON r.rid = l.rid
WHERE l.seq > $1 AND l.seq <= $2 AND l.scope = $3 AND l.gone = 1 ORDER BY l.seq LIMIT $4

-- name: api_came
SELECT DISTINCT l.rid, r.last_seq FROM scope_log l JOIN record r ON r.rid = l.rid
WHERE l.seq > $1 AND l.seq <= $2 AND l.scope = $3 AND l.gone = 0 AND r.last_seq <= $1 ORDER BY l.rid LIMIT $4

-- name: api_resident_by_token
SELECT rid, ends FROM resident_link WHERE token = $1

-- name: api_resident_by_digits
SELECT rid, ends FROM resident_link WHERE digits = $1 AND day = $2 ORDER BY token LIMIT 2

-- name: api_resident_slip
SELECT rid, digits, day FROM resident_link WHERE token = $1

-- name: wall_open
SELECT CAST(COUNT(*) AS BIGINT) FROM scope_open WHERE scope = $1 AND type = $2
-- name: wall_waits
SELECT CAST(COALESCE(SUM(CASE WHEN w.kind = 'due' AND w.at >= $3 THEN 1 ELSE 0 END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN w.kind = 'due' AND w.at < $3 THEN 1 ELSE 0 END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN w.kind = 'back' THEN 1 ELSE 0 END), 0) AS BIGINT)
FROM waiting w CROSS JOIN record r
WHERE r.rid = w.rid AND w.scope = $1 AND r.type = $2 AND (w.kind = 'due' AND w.at < $4 OR w.kind = 'back')

-- name: api_sys
SELECT rid, doc FROM record WHERE type = $1 AND rid > $2 ORDER BY rid LIMIT $3

-- name: api_scope_open
SELECT CAST(COUNT(*) AS BIGINT) FROM scope_open WHERE scope = $1 AND type NOT LIKE 'sys.%'

-- name: api_scope_all
SELECT CAST(COUNT(*) AS BIGINT) FROM scope WHERE scope = $1 AND type NOT LIKE 'sys.%'

-- name: api_shift
SELECT cursor, (SELECT CAST(COALESCE(MAX(rid), 0) AS BIGINT) FROM record) FROM area_shift
-- name: border_of
SELECT rings FROM area_border WHERE aid = $1
