/*
 * facts: from the JSON that a facts query makes (pipeline.md PL-30) to a struct, by rows: a key, its type,
 * and where the value goes. Each kind has its struct and its rows (declaration_facts.c, void_facts.c).
 *
 * A null leaves what is there, so the struct is filled with "none" beforehand. What is missing or of another
 * type is ERROR_BUG: the query is our own.
 */
#ifndef ECF2_COMMON_FACTS_H
#define ECF2_COMMON_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"

enum fact_type {
    FACT_NUMBER, /* int64_t: ids, years, order numbers */
    FACT_TRUTH,
    FACT_TEXT, /* const char *, borrowed from the document */
    FACT_UUID,
    FACT_DATE,
    FACT_INSTANT,
    FACT_DECLARATION_TYPE,
    FACT_EVIDENCE,
    FACT_REASON,
    FACT_STATEMENT_STATUS,
    FACT_ROLE,
    FACT_PAYMENT_STATUS,
    FACT_CLAWBACK_STATUS
};

/* A key of an object of the facts, and where its value goes. */
struct fact_field {
    const char *key;
    enum fact_type type;
    size_t offset;
};

#define FACT(structure, member, type)                                                                        \
    {                                                                                                        \
#member, type, offsetof(structure, member)                                                           \
    }
/* Where the unit stands in the member's name but not in the key. */
#define FACT_AT(structure, member, key)                                                                      \
    {                                                                                                        \
        key, FACT_INSTANT, offsetof(structure, member)                                                       \
    }
/* Members of the unnamed structs inside the facts. */
#define FACT_IN(structure, group, member, type)                                                              \
    {                                                                                                        \
#member, type, offsetof(structure, group.member)                                                     \
    }
#define FACTS_END                                                                                            \
    {                                                                                                        \
        NULL, FACT_NUMBER, 0                                                                                 \
    }

/* An object of the facts with the rows of its keys. */
struct fact_object {
    const char *key;
    const struct fact_field *fields;
};

/* Reads the keys of one object into base. name is for the operator. */
bool facts_read_object(const char *name, json_t *object, const struct fact_field *fields, void *base,
                       struct error *err) __attribute__((warn_unused_result));
/* Reads those objects of document that are not null into base. */
bool facts_read_objects(json_t *document, const struct fact_object *objects, size_t count, void *base,
                        struct error *err) __attribute__((warn_unused_result));
/* An array of numbers; memory is the caller's. */
bool facts_read_ids(json_t *array, const char *name, int64_t **ret_ids, size_t *ret_count, struct error *err)
    __attribute__((warn_unused_result));
/* The document of a facts column, the caller's; NULL when it is no JSON. */
json_t *facts_parse(struct slice text, struct error *err) __attribute__((warn_unused_result));

#endif
