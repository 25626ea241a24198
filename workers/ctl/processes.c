#include "workers/ctl/processes.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/process.h"

bool process_lives(const struct process_seen *process)
{
    return process->start_ticks != 0 && process_start_ticks(process->pid) == process->start_ticks;
}

static void text_copy(char *to, size_t size, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    (void)snprintf(to, size, "%s", text == NULL ? "" : text);
}

static bool file_read(const char *path, struct process_seen *ret_process)
{
    CLEANUP(json) json_t *object = json_load_file(path, /* flags= */ 0, NULL);
    if (!json_is_object(object))
        return false; /* gone since we saw its name */
    ret_process->pid = (pid_t)json_integer_value(json_object_get(object, "pid"));
    ret_process->start_ticks = json_integer_value(json_object_get(object, "start_ticks"));
    text_copy(ret_process->service, sizeof ret_process->service, object, "service");
    text_copy(ret_process->metrics, sizeof ret_process->metrics, object, "metrics");
    text_copy(ret_process->http, sizeof ret_process->http, object, "http");
    text_copy(ret_process->started_at, sizeof ret_process->started_at, object, "started_at");
    return ret_process->pid > 0 && ret_process->service[0] != '\0' && process_lives(ret_process);
}

static int by_service_and_age(const void *left, const void *right)
{
    const struct process_seen *a = left, *b = right;
    int order = strcmp(a->service, b->service);
    if (order == 0)
        order = strcmp(a->started_at, b->started_at);
    return order != 0 ? order : (a->pid > b->pid) - (a->pid < b->pid);
}

size_t processes_read(const char *runtime_dir, struct process_seen *ret_processes)
{
    size_t count = 0;
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/run", runtime_dir);
    DIR *folder = runtime_dir[0] == '\0' ? NULL : opendir(path.data);
    const struct dirent *entry;
    while (folder != NULL && count < PROCESSES_MAX && (entry = readdir(folder)) != NULL) {
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".json") != 0)
            continue;
        buffer_clear(&path);
        buffer_printf(&path, "%s/run/%s", runtime_dir, entry->d_name);
        if (file_read(path.data, &ret_processes[count]))
            count++;
    }
    if (folder != NULL)
        (void)closedir(folder);
    buffer_release(&path);
    qsort(ret_processes, count, sizeof *ret_processes, by_service_and_age);
    return count;
}
