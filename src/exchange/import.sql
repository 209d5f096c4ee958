-- PostgreSQL plans a search by statistics, which are of before the import until somebody asks for new ones.
-- name: import_statistics
ANALYZE

-- name: import_known
SELECT digest, seq FROM external WHERE source = $1 AND ext_id = $2
