-- Which text stands in the search index: verify derives it again and compares the hash.
CREATE TABLE search_hash (rid {I64} PRIMARY KEY, hash {BLOB} NOT NULL) {STRICT};
