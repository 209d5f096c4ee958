-- name: find_scope_size
SELECT COUNT(*) FROM (SELECT 1 FROM scope WHERE scope = $1 AND type = $2 LIMIT $3) q
-- name: find_open_size
SELECT COUNT(*) FROM (SELECT 1 FROM scope_open WHERE scope = $1 AND type = $2 LIMIT $3) q
-- name: find_scope_nth
SELECT rid FROM scope WHERE scope = $1 AND type = $2 ORDER BY rid DESC LIMIT 1 OFFSET $3
-- name: find_open_nth
SELECT rid FROM scope_open WHERE scope = $1 AND type = $2 ORDER BY rid DESC LIMIT 1 OFFSET $3
-- name: find_newest_rid
SELECT MAX(rid) FROM record
