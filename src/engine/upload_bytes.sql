-- name: blob_put
INSERT INTO blob (id, part, bytes) VALUES ($1, $2, $3)
-- name: blob_get
SELECT bytes FROM blob WHERE id = $1 ORDER BY part
-- name: blob_there
SELECT part FROM blob WHERE id = $1 AND part = 0
-- name: blob_drop
DELETE FROM blob WHERE id = $1
