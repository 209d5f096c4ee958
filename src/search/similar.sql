-- name: similar_scope
SELECT s.rid FROM scope s JOIN record r ON r.rid = s.rid
WHERE s.scope = $1 AND s.type = $2 AND r.opened >= $3 AND r.void = 0 AND r.sealed = 0
AND r.merged IS NULL ORDER BY s.rid DESC LIMIT $4
