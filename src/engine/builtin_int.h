/* engine/builtin_int.h - what the files of built-in actions share: each decides its own kind and leaves
 * a patch in the draft; builtin.c holds their table, the rights, and these helpers. */
#pragma once
#include "engine/decide_int.h"

/* False, with the reason in both languages; field "" when it is about none. */
bool say_no(struct deciding *d, enum err_code code, const char *field, const char *en, const char *zh);
/* The text of the request under this key as a detached value; NULL when there is none. */
struct json *draft_text(struct deciding *d, const char *key);
/* A text that must be given; goes into the event's "in" (a comment, a reason). */
MUST_USE bool need_text(struct deciding *d, const char *key, const char *zh);
bool holds(const struct deciding *d); /* the actor's unit holds the matter */
struct json *part_last(struct deciding *d, const char *kind);
/* The part the request names by "part", or the only open one of this kind. */
MUST_USE bool part_named(struct deciding *d, const char *kind, struct json **out);

/* builtin_form.c: is this one of the words the input takes? */
bool builtin_option_known(struct str act, const char *input, struct str value);

/* builtin_word.c */
MUST_USE bool do_comment(struct deciding *d);
MUST_USE bool do_attach(struct deciding *d);
MUST_USE bool do_link(struct deciding *d);
MUST_USE bool do_look(struct deciding *d);
MUST_USE bool do_ask_look(struct deciding *d);
MUST_USE bool do_erase(struct deciding *d);
MUST_USE bool do_report_up(struct deciding *d);
/* builtin_seal.c */
MUST_USE bool do_ask_unseal(struct deciding *d);
/* Is this the head of the unit that holds it, and another than who asked? */
MUST_USE bool second_head(struct deciding *d, const struct json *part);
MUST_USE bool unseal(struct deciding *d);
/* builtin_lead.c */
/* A part that waits for the yes of one who has this role. */
struct json *approval_ask(struct deciding *d, const char *what, struct str role);
MUST_USE bool do_urge(struct deciding *d);
MUST_USE bool do_supervise(struct deciding *d);
MUST_USE bool do_report_back(struct deciding *d);
MUST_USE bool do_instruct(struct deciding *d);
MUST_USE bool do_ask_approval(struct deciding *d);
MUST_USE bool do_approve(struct deciding *d);
MUST_USE bool do_draw(struct deciding *d);
/* builtin_hand.c */
MUST_USE bool do_transfer(struct deciding *d);
MUST_USE bool do_assign(struct deciding *d);
MUST_USE bool do_sign(struct deciding *d);
MUST_USE bool do_return(struct deciding *d);
MUST_USE bool do_revoke(struct deciding *d);
MUST_USE bool do_share(struct deciding *d);
MUST_USE bool do_share_done(struct deciding *d);
/* builtin_pass.c */
/* The unit of this part has no accounts: a link is given with it. */
MUST_USE bool pass_needed(struct deciding *d, struct json *part);
/* The links that were given with part `of` open nothing any more. */
void pass_end(struct deciding *d, int64_t of);
MUST_USE bool do_pass_renew(struct deciding *d);
MUST_USE bool do_pass_revoke(struct deciding *d);
/* builtin_time.c */
MUST_USE bool do_pause(struct deciding *d);
MUST_USE bool do_resume(struct deciding *d);
MUST_USE bool do_extend(struct deciding *d);
MUST_USE bool do_escalate(struct deciding *d);
MUST_USE bool do_clock_reset(struct deciding *d);
/* builtin_correct.c */
MUST_USE bool do_amend(struct deciding *d);
MUST_USE bool do_reissue(struct deciding *d);
MUST_USE bool do_undo(struct deciding *d);
MUST_USE bool do_merge(struct deciding *d);
MUST_USE bool do_unmerge(struct deciding *d);
/* The second event of a merge or un-merge stands on the other matter. */
MUST_USE bool link_other(struct deciding *d, const char *act, bool del);
/* builtin_adopt.c: to another version of the playbook */
MUST_USE bool may_adopt(struct deciding *d); /* sets d->role */
MUST_USE bool do_adopt(struct deciding *d);
