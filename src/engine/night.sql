-- name: night_erased
SELECT MAX(erased_seq) FROM detached WHERE erased_seq IS NOT NULL
