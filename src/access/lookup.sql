-- name: lookup_insert
INSERT INTO lookup (rid, value) VALUES ($1, $2) ON CONFLICT (rid, value) DO NOTHING
-- name: lookup_delete
DELETE FROM lookup WHERE rid = $1
-- name: lookup_walk
SELECT s.type, s.rid, r.id, r.number, l.value
FROM (SELECT type, rid FROM scope_open WHERE scope = $1 AND (type, rid) > ($2, $3)
      ORDER BY type, rid LIMIT 1000) s
JOIN record r ON r.rid = s.rid
LEFT JOIN lookup l ON l.rid = s.rid
ORDER BY s.type, s.rid
