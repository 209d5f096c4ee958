-- name: import_known
SELECT digest, seq FROM external WHERE source = $1 AND ext_id = $2
