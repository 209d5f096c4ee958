-- name: similar_scope
SELECT s.rid FROM scope s JOIN record r ON r.rid = s.rid
WHERE s.scope = $1 AND s.type = $2 AND r.opened >= $3 AND r.void = 0 AND r.sealed = 0
AND r.merged IS NULL ORDER BY s.rid DESC LIMIT $4
-- name: similar_spot
SELECT s.rid FROM spot s JOIN record r ON r.rid = s.rid
WHERE s.type = $1 AND s.cell BETWEEN $2 AND $3 AND r.opened >= $4 AND r.void = 0
AND r.merged IS NULL ORDER BY s.rid DESC LIMIT $5
