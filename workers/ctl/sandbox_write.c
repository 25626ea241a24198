/* sandbox_write: see sandbox_write.h. */
#include "workers/ctl/sandbox_write.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "workers/ctl/csv.h"

#define WRITE_SIZE (256 * 1024)

bool sandbox_file_open(struct sandbox_file *file, const char *directory, const char *name, const char *header,
                       struct error *err)
{
    struct buffer path = BUFFER_INIT;
    *file = (struct sandbox_file){.text = BUFFER_INIT};
    buffer_printf(&path, "%s/%s.csv", directory, name);
    file->file = fopen(path.data, "we");
    if (file->file == NULL)
        error_set(err, ERROR_SYSTEM, "%s: %s", path.data, strerror(errno));
    buffer_release(&path);
    buffer_append_text(&file->text, header);
    buffer_append_char(&file->text, '\n');
    return file->file != NULL;
}

static void flush(struct sandbox_file *file)
{
    if (file->text.size > 0 && fwrite(file->text.data, 1, file->text.size, file->file) != file->text.size)
        file->failed = true;
    buffer_clear(&file->text);
}

bool sandbox_file_close(struct sandbox_file *file, const char *name, struct error *err)
{
    bool good = true;
    if (file->file != NULL) {
        flush(file);
        good = fclose(file->file) == 0 && !file->failed;
        file->file = NULL;
    }
    buffer_release(&file->text);
    return good || error_set(err, ERROR_SYSTEM, "%s.csv: %s", name, strerror(errno));
}

static void next_field(struct sandbox_file *file)
{
    if (file->begun)
        buffer_append_char(&file->text, ',');
    file->begun = true;
}

void put_slice(struct sandbox_file *file, struct slice text)
{
    next_field(file);
    csv_write_field(&file->text, text);
}

void put_text(struct sandbox_file *file, const char *text)
{
    put_slice(file, slice_of(text));
}

void put_int(struct sandbox_file *file, int number)
{
    next_field(file);
    buffer_printf(&file->text, "%d", number);
}

void put_bool(struct sandbox_file *file, bool truth)
{
    put_text(file, truth ? "true" : "false");
}

void put_date(struct sandbox_file *file, struct date date)
{
    char text[DATE_TEXT_SIZE] = "";
    if (date_is_set(date))
        date_format(date, text);
    put_text(file, text);
}

void put_instant(struct sandbox_file *file, int64_t instant_us)
{
    char text[RFC3339_SIZE] = "";
    if (instant_us != INSTANT_NONE)
        rfc3339_format(instant_us, text);
    put_text(file, text);
}

void put_uuid(struct sandbox_file *file, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    put_text(file, text);
}

void put_end(struct sandbox_file *file)
{
    buffer_append_char(&file->text, '\n');
    file->begun = false;
    if (file->text.size >= WRITE_SIZE)
        flush(file);
}
