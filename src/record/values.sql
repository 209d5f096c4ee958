-- name: values_page
SELECT d.seq, d.k, e.id, r.id, d.salt, d.bytes, w.wrapped FROM detached d
JOIN event e ON e.seq = d.seq JOIN record r ON r.rid = d.rid LEFT JOIN dek w ON w.rid = d.rid
WHERE d.bytes IS NOT NULL AND (d.seq, d.k) > ($1, $2) ORDER BY d.seq, d.k LIMIT $3
