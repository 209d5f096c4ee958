/* playbook/yaml_json.h - a small YAML file of somebody else's (an import's mapping) as a tree of texts.
 *
 * The same strict part of YAML as a playbook: no anchors, aliases, tags; every scalar is a text, so
 * `01` and `no` stay what they are.  Maps become J_OBJ, lists J_ARR, scalars J_STR ("~", "null" and
 * nothing: J_NULL).  `i` of every node is its line, for complaints. */
#pragma once
#include "base/json.h"

/* Errors: ERR_SYNTAX "file:line: what was expected"; the first one only. */
MUST_USE bool yaml_json(struct arena *a, const char *file, struct str text, struct json **out,
                        struct err *e);
