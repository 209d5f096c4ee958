-- What changed since this event, of every type, in the order of the changes.
-- name: watch_changed
SELECT rid, last_seq FROM record WHERE last_seq > $1 ORDER BY last_seq LIMIT 500
-- name: watch_last
SELECT MAX(last_seq), MAX(rid) FROM record
-- The first row that was opened at or after this event and time.
-- name: watch_first
SELECT MIN(rid) FROM record WHERE last_seq >= $1 AND recorded >= $2
-- name: watch_row
SELECT id, type, opened, area_code, number, holder, due FROM record
WHERE rid = $1 AND void = 0 AND merged IS NULL AND sealed = 0
-- Open cases whose main clock ran out in this span.
-- name: watch_overdue
SELECT rid FROM record WHERE type = $1 AND due > $2 AND due <= $3 ORDER BY due, rid LIMIT 1000
