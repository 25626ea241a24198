/*
 * health: /healthcheck, …/live, …/ready (operations.md section 3), from what this loop knows already.
 */
#ifndef ECF2_FRONT_HEALTH_H
#define ECF2_FRONT_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct request;

#define HEALTH_MIGRATION_SIZE 32

struct health {
    int64_t database_us; /* when a query worker last said that it reaches the database; 0 = never */
    int64_t ask_us;      /* when to ask again */
    int64_t skew_us;     /* our clock minus the database's, as the last acknowledgement told */
    char migration[HEALTH_MIGRATION_SIZE];
};

void health_show(struct request *request);
void health_show_live(struct request *request);
void health_show_ready(struct request *request);
/* Asks a query worker now and then; returns when the next time is. */
int64_t health_tick(struct loop *loop);
/* The database's clock, as an acknowledgement told it (PL-1). */
void health_clock(struct loop *loop, int64_t database_clock_us);
bool health_is_ready(const struct loop *loop);

#endif
