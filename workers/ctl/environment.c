#include "workers/ctl/environment.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

#define LINE_MAX_BYTES 8192

void environment_program_folder(struct buffer *out)
{
    char path[PATH_MAX];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return;
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (slash != NULL)
        buffer_append(out, path, (size_t)(slash - path));
}

/* scripts/run leaves .build/runtime, a link to its folder; programs lie in .build/VARIANT/bin. */
static void folder_find(struct buffer *out)
{
    const char *named = getenv("ECF2_RUNTIME_DIR");
    if (named != NULL && named[0] != '\0') {
        buffer_append_text(out, named);
        return;
    }
    static const char *const addresses[] = {"ECF2_DATABASE", "ECF2_BROKERS", "ECF2_REDIS"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        if (getenv(addresses[i]) != NULL)
            return;
    environment_program_folder(out);
    if (out->size > 0)
        buffer_append_text(out, "/../../runtime");
}

/* One line of the file: NAME='value', as a shell reads it too. Anything else is passed over. */
static void line_take(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *value = strchr(line, '=');
    if (strncmp(line, "ECF2_", 5) != 0 || value == NULL)
        return;
    *value++ = '\0';
    const size_t size = strlen(value);
    if (size >= 2 && value[0] == '\'' && value[size - 1] == '\'') {
        value[size - 1] = '\0';
        value++;
    }
    (void)setenv(line, value, /* overwrite= */ 0); /* fails only without memory: then the default holds */
}

void environment_load(void)
{
    struct buffer path = BUFFER_INIT;
    folder_find(&path);
    if (path.size > 0) {
        buffer_append_text(&path, "/env");
        CLEANUP(file) FILE *file = fopen(path.data, "re");
        char line[LINE_MAX_BYTES];
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            line_take(line);
    }
    buffer_release(&path);
}
