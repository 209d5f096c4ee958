-- name: waiting_insert
INSERT INTO waiting (scope, kind, at, rid) VALUES ($1, $2, $3, $4) ON CONFLICT (scope, kind, at, rid) DO NOTHING
-- name: waiting_delete
DELETE FROM waiting WHERE scope = $1 AND kind = $2 AND at = $3 AND rid = $4
-- name: waiting_earliest
SELECT at, rid FROM waiting WHERE scope = $1 AND kind = $2 AND at >= $3 AND at < $4 ORDER BY at, rid LIMIT $5
-- name: waiting_latest
SELECT at, rid FROM waiting WHERE scope = $1 AND kind = $2 AND at >= $3 AND at < $4
ORDER BY at DESC, rid DESC LIMIT $5
