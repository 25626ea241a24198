/*
 * csv: reads RFC 4180 records from a file, strictly, in bounded memory.
 *
 * Our own, although Debian has libcsv3: that one does not tell the physical line of a record, trims spaces,
 * skips what it does not like at line ends, sets no bound on a field (a lost quote makes one field of the
 * rest of the file) and cannot go on behind a bad record. An operator who mends a file by hand needs all of
 * this.
 *
 * Accepted: UTF-8, with or without byte order mark; LF or CRLF; the last line with or without its end; quoted
 * fields holding commas, line ends and doubled quotes. Lines without any character are passed over; one with
 * an empty pair of quotes is a record.
 */
#ifndef ECF2_WORKERS_CTL_CSV_H
#define ECF2_WORKERS_CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "common/slice.h"

#define CSV_FIELDS_MAX 128
#define CSV_RECORD_MAX (1024 * 1024) /* bytes of one record; a longer one is a bad record */

enum csv_result {
    CSV_RECORD, /* fields are set */
    CSV_BAD,    /* problem is set; the next call goes on with the next record, where one can be found */
    CSV_END,
    CSV_FAILED /* the file cannot be read; err is set */
};

struct csv_record {
    size_t line; /* the physical line on which the record begins, from 1 */
    size_t count;
    struct slice fields[CSV_FIELDS_MAX]; /* borrowed until the next call; quotes are undone */
    const char *problem;                 /* of CSV_BAD; static */
};

struct csv;

/* Opens a file to be read from its beginning to its end. -1: *ret_reason says why not; borrowed until the
 * next call of strerror. */
int csv_open_file(const char *path, const char **ret_reason);
/* NULL with ERROR_INPUT (not there, not readable, a directory or anything else that is no file). */
struct csv *csv_open(const char *path, struct error *err);
void csv_free(struct csv *csv);
enum csv_result csv_next(struct csv *csv, struct csv_record *ret_record, struct error *err);

/* True for valid UTF-8 without NUL (no surrogates, nothing overlong, nothing above U+10FFFF). */
bool csv_is_utf8(struct slice text);

/* Appends text as one field, quoted where it must be: the writer's side of the same format. */
struct buffer;
void csv_write_field(struct buffer *out, struct slice text);

#endif
