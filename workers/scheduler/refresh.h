/*
 * refresh: where the nightly refresh of derived data stands (refresh.c).
 */
#ifndef ECF2_WORKERS_SCHEDULER_REFRESH_H
#define ECF2_WORKERS_SCHEDULER_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

#define REFRESH_TABLES 3

struct refresh {
    bool is_running, looks_at_schools; /* people first */
    int64_t last;                      /* id up to which all were looked at */
    int busy;                          /* times in a row that somebody held a lock for too long */
    int64_t repaired;                  /* values that the calendar had moved */
    int64_t drifted[REFRESH_TABLES];   /* others, which somebody forgot to write; by table */
    bool has_written;
};

#endif
