/* The OpenAPI 3.1 document, made from the route table. */
#include "api/api_int.h"

static const char *method_word(enum http_method m)
{
    static const char *const WORDS[] = {"get", "post", "put", "delete", "head", "options"};
    return WORDS[m];
}

static void put_permissions(struct json_out *o, unsigned p)
{
    static const struct {
        unsigned bit;
        const char *name;
    } NAMES[] = {{PERM_PUBLIC, "public"}, {PERM_SELF, "self"},     {PERM_READ, "read"},
                 {PERM_ACT, "act"},       {PERM_COUNT, "count"},   {PERM_LOOK, "look"},
                 {PERM_EXPORT, "export"}, {PERM_IMPORT, "import"}, {PERM_AUDIT, "audit"},
                 {PERM_ADMIN, "admin"},   {PERM_STEER, "steer"}};
    jo_key(o, "x-permission");
    jo_arr(o);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (p & NAMES[i].bit)
            jo_c(o, NAMES[i].name);
    jo_end(o);
    jo_key(o, "security");
    jo_arr(o);
    if (!(p & PERM_PUBLIC)) {
        jo_obj(o);
        jo_key(o, "session");
        jo_arr(o);
        jo_end(o);
        jo_end(o);
    }
    jo_end(o);
}

static void put_parameter(struct json_out *o, struct str name, const char *in, const char *text)
{
    bool path = strcmp(in, "path") == 0;
    jo_obj(o);
    jo_kv(o, "name", name);
    jo_kc(o, "in", in);
    if (path)
        jo_kb(o, "required", true);
    if (text)
        jo_kc(o, "description", text);
    jo_key(o, "schema");
    jo_raw(o, STR("{\"type\":\"string\"}"));
    jo_end(o);
}

static void put_parameters(struct json_out *o, const struct route *r)
{
    jo_key(o, "parameters");
    jo_arr(o);
    for (const char *p = strchr(r->path, '{'); p; p = strchr(p + 1, '{'))
        put_parameter(o, (struct str){p + 1, strcspn(p + 1, "}")}, "path", NULL);
    for (const struct param *q = r->query; q && q->name; q++)
        put_parameter(o, str_of(q->name), "query", q->en);
    bool changes = r->method != HTTP_GET && !(r->permission & PERM_PUBLIC);
    if (changes)
        put_parameter(o, STR("X-CSRF-Token"), "header", "the csrf of the session");
    jo_end(o);
}

static void put_body(struct json_out *o, const struct route *r)
{
    if (r->upload) {
        jo_key(o, "requestBody");
        jo_raw(o, STR("{\"required\":true,\"content\":{\"application/octet-stream\":{}}}"));
        return;
    }
    if (!r->body)
        return;
    jo_key(o, "requestBody");
    jo_obj(o);
    jo_kb(o, "required", true);
    jo_key(o, "content");
    jo_obj(o);
    jo_key(o, "application/json");
    jo_obj(o);
    jo_key(o, "schema");
    jo_obj(o);
    jo_kc(o, "type", "object");
    jo_key(o, "properties");
    jo_obj(o);
    struct str rest = str_of(r->body);
    while (rest.ptr) {
        jo_key_str(o, str_trim(str_cut(rest, ',', &rest)));
        jo_raw(o, STR("{}"));
    }
    for (int i = 0; i < 5; i++)
        jo_end(o);
}

static void put_operation(struct json_out *o, const struct route *r)
{
    jo_key(o, method_word(r->method));
    jo_obj(o);
    jo_kc(o, "summary", r->en);
    jo_kc(o, "x-summary-zh", r->zh);
    put_permissions(o, r->permission);
    put_parameters(o, r);
    put_body(o, r);
    jo_key(o, "responses");
    jo_raw(o, STR("{\"2XX\":{\"description\":\"done\"},\"default\":{\"description\":\"a problem\","
                  "\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":"
                  "\"#/components/schemas/Problem\"}}}}}"));
    jo_end(o);
}

static bool seen_before(size_t list, size_t row, const char *path)
{
    for (size_t i = 0; i <= list; i++)
        for (size_t k = 0; k < (i == list ? row : ROUTES[i]->n); k++)
            if (strcmp(ROUTES[i]->rows[k].path, path) == 0)
                return true;
    return false;
}

static void put_path(struct json_out *o, const char *path)
{
    jo_key(o, path);
    jo_obj(o);
    for (size_t i = 0; i < ROUTES_N; i++)
        for (size_t k = 0; k < ROUTES[i]->n; k++)
            if (strcmp(ROUTES[i]->rows[k].path, path) == 0)
                put_operation(o, &ROUTES[i]->rows[k]);
    jo_end(o);
}

void api_openapi(struct buf *out)
{
    struct json_out o = json_out(out);
    jo_obj(&o);
    jo_kc(&o, "openapi", "3.1.0");
    jo_key(&o, "info");
    jo_raw(
        &o,
        STR("{\"title\":\"Bihuan 闭环\",\"version\":\"1\",\"license\":{\"name\":\"Apache-2.0\"}}"));
    jo_key(&o, "paths");
    jo_obj(&o);
    for (size_t i = 0; i < ROUTES_N; i++)
        for (size_t k = 0; k < ROUTES[i]->n; k++)
            if (!seen_before(i, k, ROUTES[i]->rows[k].path))
                put_path(&o, ROUTES[i]->rows[k].path);
    jo_end(&o);
    jo_key(&o, "components");
    jo_raw(
        &o,
        STR("{\"securitySchemes\":{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":"
            "\"bihuan\"}},\"schemas\":{\"Problem\":{\"type\":\"object\",\"properties\":{\"type\":{"
            "\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"}"
            ","
            "\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},\"field\":{\"type\":"
            "\"string\"}}}}}"));
    jo_end(&o);
}

static bool openapi(struct call *c)
{
    struct buf b = BUF(1 << 20);
    api_openapi(&b);
    http_set_header(c->rq, "Cache-Control", STR("public, max-age=300"));
    return call_json(c, 200, &b);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/openapi.json", PERM_PUBLIC, openapi, "接口说明", "This document"),
     .light = true},
};
const struct route_list ROUTES_OPENAPI = {ROWS, COUNT_OF(ROWS)};
