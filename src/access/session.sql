-- name: session_insert
INSERT INTO session (token, account, csrf, made, seen, ends, device) VALUES ($1, $2, $3, $4, $4, $5, $6)
-- name: session_get
SELECT account, csrf, made, seen, ends FROM session WHERE token = $1
-- name: session_of_account
SELECT token, made, seen, ends, device FROM session WHERE account = $1 ORDER BY seen DESC, token
-- name: session_seen
UPDATE session SET seen = $2 WHERE token = $1 AND seen < $2
-- name: session_delete
DELETE FROM session WHERE token = $1 AND account = $2
-- name: session_sweep
DELETE FROM session WHERE ends <= $1 OR seen <= $2
