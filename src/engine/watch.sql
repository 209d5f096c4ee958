-- Cases of a type that were opened since this row, and where they lie.
-- name: watch_new
SELECT r.rid, r.id, r.opened, r.area_code, r.number FROM record r JOIN spot s ON s.rid = r.rid
WHERE r.rid > $1 AND r.type = $2 AND r.void = 0 ORDER BY r.rid LIMIT 200
-- name: watch_last
SELECT MAX(rid) FROM record
-- name: watch_first
SELECT MIN(rid) FROM record WHERE recorded >= $1
-- name: watch_near
SELECT r.rid, r.id, r.opened, r.number FROM spot s JOIN record r ON r.rid = s.rid
WHERE s.type = $1 AND s.cell BETWEEN $2 AND $3 AND r.opened >= $4 AND r.opened <= $5 AND r.void = 0
AND r.merged IS NULL ORDER BY r.opened, r.rid LIMIT 200
