/* The outsider's side of the log: proofs and checkpoints made of any bytes are refused or good, never
 * a crash; an altered proof of a known tree is never good. */
#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hash proof[TREE_PROOF], root = {{0}}, leaf = {{1}};
    struct err e = ERR_INIT;
    struct checkpoint c;
    if (size >= 16) {
        int64_t index, tree;
        memcpy(&index, data, 8);
        memcpy(&tree, data + 8, 8);
        size_t n = (size - 16) / HASH_LEN;
        n = n > TREE_PROOF ? TREE_PROOF : n;
        memcpy(proof, data + 16, n * HASH_LEN);
        bool in = tree_check_inclusion(&leaf, index, tree, proof, n, &root);
        bool goes_on = tree_check_consistency(index, &leaf, tree, &root, proof, n);
        ASSERT(!in && (!goes_on || index == 0)); /* SHA-256 would have to give all zeros */
    }
    if (checkpoint_parse((struct str){(const char *)data, size}, NULL, &c, &e))
        ASSERT(c.size >= 0);
    return 0;
}
