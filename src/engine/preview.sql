-- name: preview_open
SELECT rid, doc FROM record WHERE type = $1 AND rid > $2 AND closed IS NULL AND void = 0 AND merged IS NULL
ORDER BY rid LIMIT 500
-- name: preview_count
SELECT COUNT(*) FROM record WHERE type = $1
