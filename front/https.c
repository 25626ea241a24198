/* https: where to, whether, and the answer. */
#include "front/https.h"

#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "front/answer.h"
#include "front/loop.h"

#define SCHEME      "https://"
#define LABEL_BYTES 16 /* of "Location: " and CR LF, and a little */
#define DETAIL      "Use HTTPS"

static bool take_prefix(const char **text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (strncasecmp(*text, prefix, size) != 0)
        return false;
    *text += size;
    return true;
}

bool https_base_parse(const char *variable, const char *service_url, char ret_base[HTTPS_BASE_SIZE],
                      struct error *err)
{
    static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]";
    const char *name = service_url;
    bool https = take_prefix(&name, SCHEME);
    bool http = !https && take_prefix(&name, "http://");
    size_t size = strspn(name, name_bytes);
    if (strcmp(name + size, "") != 0 && strcmp(name + size, "/") != 0)
        size = 0; /* something else follows */
    ret_base[0] = '\0';
    if (service_url[0] == '\0')
        return true;
    if (size == 0 || size + sizeof(SCHEME) > HTTPS_BASE_SIZE)
        return error_set(err, ERROR_SETTINGS,
                         "%s is \"%.80s\"; it must be an address such as https://ecf2.example", variable,
                         service_url);
    bool local = strncasecmp(name, "localhost", 9) == 0 && (size == 9 || name[9] == ':');
    if (http || (!https && local))
        return true;
    memcpy(ret_base, SCHEME, sizeof(SCHEME) - 1);
    memcpy(ret_base + sizeof(SCHEME) - 1, name, size);
    ret_base[sizeof(SCHEME) - 1 + size] = '\0';
    return true;
}

bool https_is_said(struct slice forwarded_proto)
{
    size_t end = forwarded_proto.size, start;
    while (end > 0 && (forwarded_proto.data[end - 1] == ' ' || forwarded_proto.data[end - 1] == '\t'))
        end--;
    for (start = end; start > 0 && strchr(", \t", forwarded_proto.data[start - 1]) == NULL;)
        start--;
    return end - start == 5 && strncasecmp(forwarded_proto.data + start, "https", 5) == 0;
}

bool https_is_missing(const struct request *request)
{
    const struct front *front = request->loop->front;
    if (front->https_base[0] == '\0')
        return false;
    if (request->route != NULL && request->route->is_local) /* health checks */
        return false;
    if (request->path.size == 0 || request->path.data[0] != '/') /* nowhere: 404 */
        return false;
    return !network_list_has(&front->trusted_proxies, &request->client->peer) ||
           !https_is_said(request->forwarded_proto);
}

/* 301 where every client repeats the request as it was; else 308, by which a POST stays one. A long URL
 * stands in the connection's pool already, and there may be no room for it in the answer: then the door
 * answers, and the connection ends. */
void https_redirect(struct request *request)
{
    bool get = request->is_head || slice_equal(request->method, slice_of("GET"));
    const unsigned status = get ? 301 : 308;
    struct buffer location = BUFFER_INIT;
    struct answer answer = {0};
    buffer_append_text(&location, request->loop->front->https_base);
    buffer_append(&location, request->path.data, request->path.size);
    buffer_append(&location, request->query.data, request->query.size);
    if (location.size + LABEL_BYTES > request->client->feed.answer_room) {
        door_redirect(request->client, status, DETAIL, location.data);
    } else {
        answer.redirect = location.data;
        answer_error(&answer, status, DETAIL);
        request_answer(request, &answer);
    }
    buffer_release(&location);
}
