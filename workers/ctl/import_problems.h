/*
 * import_problems: what is wrong with the rows of an import: file, line, column, value, reason, told in the
 * order of files and lines. All of them are: who has to mend a file mends it once. A million is the bound of
 * memory; what comes behind is counted. Values are shown, because the file is the operator's own and standard
 * error is his own terminal; nothing of this goes into a log. API tokens are never shown (OP-20).
 */
#ifndef ECF2_WORKERS_CTL_IMPORT_PROBLEMS_H
#define ECF2_WORKERS_CTL_IMPORT_PROBLEMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/slice.h"

#define IMPORT_PROBLEMS_MAX 1000000

struct import_problem {
    size_t file;  /* number of the table: the order of files */
    size_t line;  /* 0: the file as a whole */
    size_t order; /* in which they were found, so that sorting is stable */
    char *text;   /* "FILE:LINE: COLUMN "VALUE": REASON" */
};

struct import_problems {
    struct import_problem *kept;
    size_t kept_count, capacity;
    int64_t count;
};

/* column and reason are static or copied; a column of NULL and a value without data are left out. */
void import_problem_add(struct import_problems *problems, size_t file, const char *file_name, size_t line,
                        const char *column, struct slice value, const char *reason);
void import_problems_tell(struct import_problems *problems, FILE *out);
void import_problems_release(struct import_problems *problems);

#endif
