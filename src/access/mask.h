/* access/mask.h - personal details as they stand in lists and before a purpose is given.
 *
 *     name     张某 · 欧阳某 · J***            phone    138****1234
 *     idno     3601**********1234             address  江西省南昌市新建区***
 *
 * What is not known to be harmless is hidden: unknown keys, numbers of an odd shape, any text.
 * Nobody can tell from the result how long a name or a short number was. */
#pragma once
#include "base/json.h"
#include "playbook/playbook.h"

#define MASK_TEXT "已隐去，点击查看"

struct str mask_name(struct arena *a, struct str name);
struct str mask_phone(struct arena *a, struct str phone);
struct str mask_idno(struct arena *a, struct str idno);
/* Province, city, county, township; never what follows. */
struct str mask_address(struct arena *a, struct str address);

/* A stored person {"name","phone",…}.  An organisation ("org": true) keeps its name.  Of a minor
 * ("minor": true, or younger than 18) nothing is left but that it is one.  A detail that is hidden
 * whole is MASK_TEXT; the result has "masked": true. */
bool mask_minor(struct arena *a, const struct json *person); /* is it one? */
struct json *mask_person(struct arena *a, const struct json *person);
/* A stored value of a vault field: a person, or for all else its shape with MASK_TEXT. A list is
 * masked item by item. */
struct json *mask_value(struct arena *a, enum field_type type, const struct json *value);
