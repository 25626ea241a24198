/* sandbox_write: CSV files, field by field; through a buffer, because there are millions of fields. */
#ifndef ECF2_WORKERS_CTL_SANDBOX_WRITE_H
#define ECF2_WORKERS_CTL_SANDBOX_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/london.h"
#include "common/uuid.h"

struct sandbox_file {
    FILE *file;
    struct buffer text;
    bool begun; /* the line has a field */
    bool failed;
};

/* Makes DIRECTORY/NAME.csv anew and writes its header line. */
bool sandbox_file_open(struct sandbox_file *file, const char *directory, const char *name, const char *header,
                       struct error *err) __attribute__((warn_unused_result));
bool sandbox_file_close(struct sandbox_file *file, const char *name, struct error *err)
    __attribute__((warn_unused_result));

void put_text(struct sandbox_file *file, const char *text); /* NULL = no value */
void put_slice(struct sandbox_file *file, struct slice text);
void put_int(struct sandbox_file *file, int number);
void put_bool(struct sandbox_file *file, bool truth);
void put_date(struct sandbox_file *file, struct date date);      /* DATE_NONE = no value */
void put_instant(struct sandbox_file *file, int64_t instant_us); /* INSTANT_NONE = no value */
void put_uuid(struct sandbox_file *file, const struct uuid *id);
void put_end(struct sandbox_file *file);

#endif
