/*
 * processes: what the processes of this machine say of themselves in ECF2_RUNTIME_DIR/run (process.h).
 */
#ifndef ECF2_WORKERS_CTL_PROCESSES_H
#define ECF2_WORKERS_CTL_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX 512

struct process_seen {
    char service[33];
    pid_t pid;
    int64_t start_ticks;        /* with pid names it (process.h) */
    char metrics[64], http[64]; /* addresses; empty where it has none */
    char started_at[32];        /* RFC 3339, UTC */
};

/* The processes that live, by service and then by age, the oldest first. At most PROCESSES_MAX. A file whose
 * process is gone is passed over, also when somebody else has its pid. */
size_t processes_read(const char *runtime_dir, struct process_seen *ret_processes);
/* Whether it has not ended meanwhile. */
bool process_lives(const struct process_seen *process);

#endif
