-- name: api_changed
SELECT rid, last_seq FROM record WHERE last_seq > $1 ORDER BY last_seq LIMIT $2

-- name: api_gone
SELECT l.seq, r.id, l.rid FROM scope_log l JOIN record r ON r.rid = l.rid
WHERE l.seq > $1 AND l.seq <= $2 AND l.scope = $3 AND l.gone = 1 ORDER BY l.seq LIMIT $4

-- name: api_resident_by_token
SELECT rid, ends FROM resident_link WHERE token = $1

-- name: api_resident_by_digits
SELECT rid, ends FROM resident_link WHERE digits = $1 AND day = $2 ORDER BY token LIMIT 2

-- name: api_resident_slip
SELECT rid, digits, day FROM resident_link WHERE token = $1

-- name: api_upload_add
INSERT INTO upload (id, account, made, name, mime, size, sha256, rid, key)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)

-- name: api_upload_get
SELECT account, name, mime, size, rid, key, sha256 FROM upload WHERE id = $1

-- name: api_upload_recent
SELECT count(*) FROM upload WHERE account = $1 AND made > $2
