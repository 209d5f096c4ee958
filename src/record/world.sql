-- name: world_areas
SELECT aid, code, name, parent, level, valid_from, valid_to, successor FROM area ORDER BY aid
-- name: world_borders
SELECT aid, west, south, east, north FROM area_border ORDER BY aid
-- name: world_shift
SELECT seq, cursor FROM area_shift ORDER BY seq LIMIT 1
-- name: world_reclocks
SELECT seq FROM clock_shift
-- name: world_was
SELECT w.seq, w.area, w.parent, w.name, e.recorded FROM area_was w JOIN event e ON e.seq = w.seq
ORDER BY w.seq, w.area
-- name: world_sys
SELECT rid, type, state, doc FROM record WHERE type = $1 AND rid > $2 ORDER BY rid LIMIT 1000
-- name: world_terms
SELECT term, hash, ready, cursor FROM term
