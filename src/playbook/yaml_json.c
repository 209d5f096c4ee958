#include "playbook/yaml_json.h"
#include "playbook/playbook_int.h"

static struct json *turn(struct arena *a, const struct node *n)
{
    static const enum json_kind KINDS[] = {
        [NODE_TEXT] = J_STR, [NODE_LIST] = J_ARR, [NODE_MAP] = J_OBJ};
    bool nothing = n->kind == NODE_TEXT && n->plain && !n->text.len;
    struct json *j = json_new(a, nothing ? J_NULL : KINDS[n->kind]);
    j->i = n->line;
    if (n->kind == NODE_TEXT) {
        j->s = n->text;
        return j;
    }
    /* the depth is bounded by YAML_DEPTH; keys are unique, so members are put behind one another */
    NODE_EACH (it, n) {
        struct json *child = json_push(j, turn(a, it));
        json_name(child, it->key);
    }
    return j;
}

bool yaml_json(struct arena *a, const char *file, struct str text, struct json **out, struct err *e)
{
    struct complaints *found = ARENA_NEW(a, struct complaints);
    struct node *root = yaml_tree(a, file, text, found);
    if (!root)
        return err_set(e, ERR_SYNTAX, "%s:%d: %s", file, found->list[0].line, found->list[0].text);
    *out = turn(a, root);
    return true;
}
