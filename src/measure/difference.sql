-- name: difference_beside
SELECT rid FROM record WHERE type = $1 AND state = $2 AND void = 0 AND rid <> $3 ORDER BY rid DESC LIMIT 1000
