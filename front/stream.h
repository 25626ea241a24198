/*
 * stream: an answer of unknown length, NDJSON, that the query worker makes page by page. The front has one
 * page in hand and asks for the next when the client has taken it; meanwhile the connection is suspended. So
 * neither this process nor the query worker ever holds the whole.
 *
 * Who reads slowly keeps a stream for as long as a page may take, each time. So one caller has a few of them
 * only (two loops that take one at the same instant: one more), and the others find room.
 *
 * A page that does not come ends the connection in mid-answer, without the last chunk: a client that reads
 * chunks sees that something is missing.
 */
#ifndef ECF2_FRONT_STREAM_H
#define ECF2_FRONT_STREAM_H

/* Of all loops: each holds a page of up to a quarter of a megabyte, or one large line. */
#define STREAMS_MAX 64

struct MHD_Response;
struct request;
struct stream;

/* Answers GET of {id}: asks for pages of this read, each with `after`, which is 0 and then what the page
 * before said in its extra, {"next":n}. The first page decides about 404. */
void stream_by_id(struct request *request, const char *kind);
/* The body of the answer. NULL: no memory. */
struct MHD_Response *stream_response(struct stream *stream);
/* Of a request that is gone. */
void stream_release(struct request *request);

#endif
