/*
 * token: API tokens of lead providers (lead-provider-api.md 3.1). The plaintext exists here, for as long as
 * it takes to print it; what is stored is its digest (common/token.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/db.h"
#include "common/redis.h"
#include "common/token.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

#define HINT_SIZE 4 /* last characters, by which people tell tokens apart */
/* The front believes a token that it has looked up for 10 s; a revocation in Redis for an hour is known at
 * once and outlives every such belief. */
#define REVOKED_SECONDS  "3600"
#define BELIEVED_SECONDS 10

static const struct db_statement *const needed[] = {&sql_token_providers, &sql_token_insert, &sql_token_list,
                                                    &sql_token_revoke, NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

static int usage(void)
{
    (void)fputs("ecf2ctl: usage: ecf2ctl token create --lead-provider NAME|API_ID [--description TEXT]\n"
                "               ecf2ctl token create --all [--description TEXT]\n"
                "               ecf2ctl token list\n"
                "               ecf2ctl token revoke ID\n",
                stderr);
    return CTL_USAGE;
}

/* ------------------------------------------------------------------- create */

struct create {
    const char *lead_provider; /* name or API id; NULL = all */
    const char *description;   /* NULL = one that names the lead provider */
};

static bool create_parse(int argc, char **argv, struct create *ret_create)
{
    bool all = false;
    *ret_create = (struct create){NULL, NULL};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0)
            all = true;
        else if (i + 1 < argc && strcmp(argv[i], "--lead-provider") == 0)
            ret_create->lead_provider = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--description") == 0 && argv[i + 1][0] != '\0')
            ret_create->description = argv[++i];
        else
            return false;
    }
    return all != (ret_create->lead_provider != NULL);
}

static bool providers_find(struct db *db, const char *wanted, PGresult **ret_providers, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, wanted);
    const bool done = db_run(db, &sql_token_providers, &params, ret_providers, err);
    db_params_release(&params);
    return done;
}

/* Makes a token for each provider and the parameters of its row. */
static bool tokens_make(const struct settings *settings, const struct create *create,
                        const PGresult *providers, char (*tokens)[TOKEN_TEXT_SIZE], struct db_params *params,
                        struct error *err)
{
    const int count = PQntuples(providers);
    db_array_begin(params);
    for (int i = 0; i < count; i++)
        db_array_int(params, db_int(providers, i, 0));
    db_array_end(params);
    db_array_begin(params);
    for (int i = 0; i < count; i++) {
        uint8_t digest[TOKEN_DIGEST_SIZE];
        token_make(tokens[i]);
        if (!token_digest(settings->token_key, slice_of(tokens[i]), digest, err))
            return false;
        db_array_bytes(params, (struct slice){(const char *)digest, sizeof digest});
    }
    db_array_end(params);
    db_array_begin(params);
    for (int i = 0; i < count; i++)
        db_array_text(params, tokens[i] + TOKEN_TEXT_SIZE - 1 - HINT_SIZE);
    db_array_end(params);
    db_array_begin(params);
    for (int i = 0; i < count; i++) {
        struct buffer text = BUFFER_INIT;
        buffer_printf(&text, "API token of %s", PQgetvalue(providers, i, 1));
        db_array_text(params, create->description == NULL ? text.data : create->description);
        buffer_release(&text);
    }
    db_array_end(params);
    db_param_instant(params, business_now_us());
    return true;
}

static void tokens_print(const PGresult *providers, const PGresult *made, char (*tokens)[TOKEN_TEXT_SIZE])
{
    for (int i = 0; i < PQntuples(providers); i++)
        for (int row = 0; row < PQntuples(made); row++)
            if (db_int(made, row, 1) == db_int(providers, i, 0))
                (void)printf("%s  id %s  %s\n", tokens[i], PQgetvalue(made, row, 0),
                             PQgetvalue(providers, i, 1));
    (void)fputs("Hand each over through a secure channel: it is not shown again.\n", stderr);
}

static int create_for(struct db *db, const struct settings *settings, const struct create *create,
                      const PGresult *providers)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(free)
    char(*tokens)[TOKEN_TEXT_SIZE] = memory_zero((size_t)PQntuples(providers), sizeof *tokens);
    CLEANUP(pgresult) PGresult *made = NULL;
    /* One statement: all tokens with their events, or none. */
    const bool done = tokens_make(settings, create, providers, tokens, &params, &err) &&
                      db_run(db, &sql_token_insert, &params, &made, &err);
    db_params_release(&params);
    if (!done)
        return ctl_fail(&err);
    tokens_print(providers, made, tokens);
    return CTL_DONE;
}

static int create_tokens(struct db *db, const struct settings *settings, const struct create *create)
{
    struct error err = {0};
    CLEANUP(pgresult) PGresult *providers = NULL;
    if (!providers_find(db, create->lead_provider, &providers, &err))
        return ctl_fail(&err);
    if (PQntuples(providers) == 0) {
        (void)fprintf(stderr, "ecf2ctl: there is no lead provider%s%s; nothing was created\n",
                      create->lead_provider == NULL ? "" : " with the name or API id ",
                      create->lead_provider == NULL ? "" : create->lead_provider);
        return CTL_FAILED;
    }
    return create_for(db, settings, create, providers);
}

/* --------------------------------------------------------------------- list */

static int list_tokens(struct db *db)
{
    struct error err = {0};
    CLEANUP(pgresult) PGresult *tokens = NULL;
    if (!db_run(db, &sql_token_list, NULL, &tokens, &err))
        return ctl_fail(&err);
    if (PQntuples(tokens) == 0)
        (void)puts("no tokens");
    for (int row = 0; row < PQntuples(tokens); row++) {
        const char *last_used = PQgetvalue(tokens, row, PQfnumber(tokens, "last_used_at"));
        const char *revoked = PQgetvalue(tokens, row, PQfnumber(tokens, "revoked_at"));
        (void)printf("%s  …%s  %s (%s): %s; created %s, %s%s%s%s\n",
                     PQgetvalue(tokens, row, PQfnumber(tokens, "id")),
                     PQgetvalue(tokens, row, PQfnumber(tokens, "hint")),
                     PQgetvalue(tokens, row, PQfnumber(tokens, "owner")),
                     PQgetvalue(tokens, row, PQfnumber(tokens, "kind")),
                     PQgetvalue(tokens, row, PQfnumber(tokens, "description")),
                     PQgetvalue(tokens, row, PQfnumber(tokens, "created_at")),
                     last_used[0] == '\0' ? "never used" : "last used ", last_used,
                     revoked[0] == '\0' ? "" : ", REVOKED ", revoked);
    }
    return CTL_DONE;
}

/* ------------------------------------------------------------------- revoke */

/* The front asks Redis about every token that it believes in (architecture.md section 6). */
static bool redis_tell_revoked(const struct settings *settings, const char *digest, struct error *err)
{
    struct redis *redis = redis_new(settings->redis, err);
    if (redis == NULL)
        return false;
    struct buffer key = BUFFER_INIT;
    buffer_printf(&key, "token:%s", digest);
    redisReply *reply = NULL;
    bool told = false;
    if (redis_connect(redis, err)) {
        redis_append_list(redis, slice_of("SET"), buffer_slice(&key), slice_of("revoked"), slice_of("EX"),
                          slice_of(REVOKED_SECONDS));
        if (redis_exchange(redis, 1, &reply, err)) {
            told = redis_reply_check(reply, err);
            redis_replies_free(&reply, 1);
        }
    }
    buffer_release(&key);
    redis_free(redis);
    return told;
}

static int revoke_token(struct db *db, const struct settings *settings, int64_t id)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    db_param_int(&params, id);
    db_param_instant(&params, business_now_us());
    CLEANUP(pgresult) PGresult *token = NULL;
    const bool done = db_run(db, &sql_token_revoke, &params, &token, &err);
    db_params_release(&params);
    if (!done)
        return ctl_fail(&err);
    if (PQntuples(token) == 0) {
        (void)fprintf(stderr, "ecf2ctl: there is no token %lld; `ecf2ctl token list` shows them\n",
                      (long long)id);
        return CTL_FAILED;
    }
    (void)printf("token %lld (%s) %s revoked", (long long)id,
                 PQgetvalue(token, 0, PQfnumber(token, "description")),
                 db_bool(token, 0, PQfnumber(token, "revoked_now")) ? "is" : "was already");
    if (redis_tell_revoked(settings, PQgetvalue(token, 0, PQfnumber(token, "digest")), &err))
        (void)puts(": no request with it is answered any more");
    else
        (void)printf("; Redis could not be told (%s), so it takes effect within %d s\n", err.detail,
                     BELIEVED_SECONDS);
    return CTL_DONE;
}

/* A positive whole number, nothing around it. */
static bool id_parse(const char *text, int64_t *ret_id)
{
    char *end;
    if (text[0] < '1' || text[0] > '9' || strlen(text) > 18)
        return false;
    *ret_id = strtoll(text, &end, 10);
    return *end == '\0';
}

int command_token(const struct settings *settings, int argc, char **argv)
{
    struct create create = {NULL, NULL};
    int64_t id = 0;
    const char *verb = argc > 1 ? argv[1] : "";
    const bool creates = strcmp(verb, "create") == 0 && create_parse(argc, argv, &create);
    const bool lists = strcmp(verb, "list") == 0 && argc == 2;
    const bool revokes = strcmp(verb, "revoke") == 0 && argc == 3 && id_parse(argv[2], &id);
    if (!creates && !lists && !revokes)
        return usage();
    struct error err = {0};
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    int status;
    if (!db_connect(db, &err))
        status = ctl_fail(&err);
    else if (creates)
        status = create_tokens(db, settings, &create);
    else
        status = lists ? list_tokens(db) : revoke_token(db, settings, id);
    db_free(db);
    return status;
}
