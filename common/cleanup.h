/*
 * cleanup: things that end with their scope. `CLEANUP(pgresult) PGresult *res = NULL;`
 * Use this or one forward goto in a function, not both (style.md section 8).
 */
#ifndef ECF2_COMMON_CLEANUP_H
#define ECF2_COMMON_CLEANUP_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#define CLEANUP(thing) __attribute__((cleanup(cleanup_##thing)))

static inline void cleanup_pgresult(PGresult **res)
{
    PQclear(*res);
}

static inline void cleanup_json(json_t **json)
{
    json_decref(*json);
}

static inline void cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_file(FILE **file)
{
    if (*file != NULL)
        (void)fclose(*file);
}

#endif
