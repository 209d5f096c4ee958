/* ledger/tree.h - the Merkle tree of RFC 6962 (section 2.1), without a database.
 *
 * leaf = SHA-256(0x00 || bytes), node = SHA-256(0x01 || left || right), the root of nothing is
 * SHA-256 of nothing.  A tree of n leaves is kept as its peaks: the roots of the perfect subtrees
 * that n's binary digits name, largest first.
 * Proofs follow RFC 6962 2.1.1 (audit path) and 2.1.2 (consistency). */
#pragma once
#include "base/err.h"
#include "base/hash.h"

enum { TREE_PEAKS = 63, TREE_PROOF = 128, TREE_TILE = 256, TREE_TILE_LEVEL = 8 };

struct tree {
    int64_t size;
    struct hash peaks[TREE_PEAKS];
    int n_peaks;
};

struct tree_node { /* root of the perfect subtree of leaves idx << level … ((idx + 1) << level) - 1 */
    int level;
    int64_t idx;
    struct hash hash;
};

struct hash tree_leaf(struct str bytes);
struct hash tree_parent(const struct hash *left, const struct hash *right);

/* Adds a leaf.  `full` gets the subtrees of level 8, 16, 24 … that became complete (at most 7);
 * returns how many. */
int tree_append(struct tree *t, const struct hash *leaf, struct tree_node full[static 8]);
struct hash tree_root(const struct tree *t);
/* peaks as bytes and back; false when the count does not fit the size */
struct str tree_peaks_bytes(struct arena *a, const struct tree *t);
bool tree_from_peaks(int64_t size, struct str peaks, struct tree *out);

/* Gives the root of a perfect subtree.  False: error already set. */
struct tree_source {
    bool (*node)(void *self, int level, int64_t idx, struct hash *out, struct err *e);
    void *self;
};
/* Proof that leaf `index` is in the tree of `size`; *n hashes written (at most TREE_PROOF). */
MUST_USE bool tree_inclusion(const struct tree_source *src, int64_t index, int64_t size,
                             struct hash *out, size_t *n, struct err *e);
MUST_USE bool tree_consistency(const struct tree_source *src, int64_t old_size, int64_t size,
                               struct hash *out, size_t *n, struct err *e);
MUST_USE bool tree_root_of(const struct tree_source *src, int64_t size, struct hash *out,
                           struct err *e);

/* The outsider's side (RFC 9162 2.1.3.2 and 2.1.4.2 algorithms). */
bool tree_check_inclusion(const struct hash *leaf, int64_t index, int64_t size,
                          const struct hash *proof, size_t n, const struct hash *root);
bool tree_check_consistency(int64_t old_size, const struct hash *old_root, int64_t size,
                            const struct hash *root, const struct hash *proof, size_t n);
