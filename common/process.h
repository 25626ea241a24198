/*
 * process: what every main() shares. In this order: process_arguments, process_start, work, process_end.
 *
 *   int status = process_arguments("ecf2-broker", "Queues work by service …", argc, argv);
 *   if (status >= 0)
 *       return status;
 *   struct settings settings;
 *   struct error err = {0};
 *   if (!process_start("broker", &settings, NULL, NULL, &err)) {
 *       log_failure(LOG_ERROR, "start_failed", &err);
 *       return 1;
 *   }
 *   …
 *   process_end();
 *   settings_release(&settings);
 *
 * While it runs a process shows itself in ECF2_RUNTIME_DIR/run/NAME-PID.json:
 *   {"service":"front","pid":4711,"start_ticks":51234,"metrics":"127.0.0.1:40123",
 *    "started_at":"2025-05-06T07:00:00Z","http":"127.0.0.1:8080"}
 * The file is always whole (written aside, then renamed). It outlives a process that was killed, whose pid
 * may be somebody else's by now: it speaks of pid only while process_start_ticks(pid) is what it says.
 */
#ifndef ECF2_COMMON_PROCESS_H
#define ECF2_COMMON_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"
#include "common/metrics.h"
#include "common/settings.h"

/* For programs without arguments of their own. --help prints paragraph, --version the version; anything else
 * is a usage error. Returns the exit status to leave with (0, or 2), or -1 to go on. */
int process_arguments(const char *program, const char *paragraph, int argc, char **argv);

/* Ignores SIGPIPE, reads the settings, opens the log, sets the business clock, raises the limit of open files
 * to what is allowed, serves /metrics (refresh and context as in metrics_start) and writes the file above.
 * name is borrowed for good. On failure nothing is left running or written and ret_settings is untouched; the
 * log is open in any case, so that the caller can say why. */
bool process_start(const char *name, struct settings *ret_settings, metrics_refresh_fn *refresh,
                   void *context, struct error *err) __attribute__((warn_unused_result));

/* For who handles messages of megabytes all day, before the first of them: malloc keeps what is freed, up to
 * 64 MiB for each arena. Left to itself it gives memory back after each large message and takes new pages
 * for the next one, which costs more than what is done with them. */
void process_keep_memory(void);

/* Adds a text to the file, or replaces it: process_publish("http", "127.0.0.1:8080"). Any thread may call it.
 * That the file could not be written is logged: the process itself can do without it. */
void process_publish(const char *key, const char *value);

/* When the process began, in clock ticks since the machine did: the 22nd field of /proc/PID/stat (proc(5)),
 * which with the pid names it for good. 0: there is none, or it has ended. */
int64_t process_start_ticks(pid_t pid);

/* At a normal end: removes the file and stops /metrics. */
void process_end(void);

#endif
