#include "workers/ctl/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/messaging.h"
#include "common/wake.h"

static bool tell(void *socket, enum wire_command command, int64_t number)
{
    struct buffer head = BUFFER_INIT;
    wire_head_write(&head, command, "", number);
    const struct slice frame = buffer_slice(&head);
    const bool sent = message_send(socket, (struct slice){NULL, 0}, &frame, 1);
    buffer_release(&head);
    return sent;
}

/* The JSON of a STATUS message; NULL when message is another one. */
static json_t *status_of(const struct message *message)
{
    struct wire_head head;
    struct error ignored = {0};
    if (message->count < 2 || !wire_head_read(message_frame(message, 0), &head, &ignored) ||
        head.command != WIRE_STATUS)
        return NULL;
    const struct slice text = message_frame(message, 1);
    return json_loadb(text.data, text.size, /* flags= */ 0, NULL);
}

/* Waits until socket can be read or (unless only_read) written. False once the deadline has passed. */
static bool wait_for(void *socket, bool only_read, int64_t deadline_us)
{
    const int64_t left_us = deadline_us - monotonic_now_us();
    zmq_pollitem_t item = {.socket = socket, .events = only_read ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT};
    return left_us > 0 && (zmq_poll(&item, 1, (long)(left_us / 1000 + 1)) >= 0 || errno == EINTR);
}

/* A message is refused until the connection stands (ZMQ_IMMEDIATE). */
static bool tell_before(void *socket, enum wire_command command, int64_t number, int64_t deadline_us)
{
    while (!tell(socket, command, number))
        if (!wait_for(socket, /* only_read= */ false, deadline_us))
            return false;
    return true;
}

static json_t *answer_before(void *socket, int64_t deadline_us)
{
    static struct message message; /* 64 KiB */
    json_t *status = NULL;
    while (status == NULL && wait_for(socket, /* only_read= */ true, deadline_us))
        if (message_receive(socket, &message) == RECEIVE_MESSAGE) {
            status = status_of(&message);
            message_release(&message);
        }
    return status;
}

static void ask(void *context, enum wire_command command, int64_t number, struct broker_answer *answer)
{
    char name[ROUTING_ID_SIZE];
    messaging_routing_id("ecf2ctl", name);
    void *socket = messaging_dealer(context, name, answer->endpoint, &answer->reason);
    if (socket == NULL)
        return;
    const int64_t deadline_us = monotonic_now_us() + INT64_C(1000) * ASK_TIMEOUT_MS;
    if ((command == WIRE_STATUS || tell_before(socket, command, number, deadline_us)) &&
        tell_before(socket, WIRE_STATUS, 0, deadline_us))
        answer->status = answer_before(socket, deadline_us);
    if (answer->status == NULL)
        (void)error_set(&answer->reason, ERROR_MESSAGING, "no answer within %d ms", ASK_TIMEOUT_MS);
    messaging_close(socket);
}

static size_t endpoints_split(const char *endpoints, struct broker_answer *answers)
{
    size_t count = 0;
    while (*endpoints != '\0' && count < ASK_BROKERS_MAX) {
        endpoints += strspn(endpoints, ", ");
        const size_t size = strcspn(endpoints, ", ");
        if (size > 0) {
            answers[count] = (struct broker_answer){.status = NULL};
            (void)snprintf(answers[count++].endpoint, sizeof answers[0].endpoint, "%.*s", (int)size,
                           endpoints);
        }
        endpoints += size;
    }
    return count;
}

size_t ask_brokers(const char *endpoints, enum wire_command command, int64_t number,
                   struct broker_answer *ret_answers)
{
    const size_t count = endpoints_split(endpoints, ret_answers);
    void *context = zmq_ctx_new();
    for (size_t i = 0; context != NULL && i < count; i++)
        ask(context, command, number, &ret_answers[i]);
    if (context != NULL)
        (void)zmq_ctx_term(context);
    return count;
}

void ask_release(struct broker_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(answers[i].status);
}

/* ---------------------------------------------------------------------- waking */

static bool wake_through(void *context, const char *endpoint)
{
    char name[ROUTING_ID_SIZE];
    struct error ignored = {0};
    struct buffer head = BUFFER_INIT, record = BUFFER_INIT;
    const struct wire_record wake = wake_record(WAKE_ALL);
    const int64_t deadline_us = monotonic_now_us() + INT64_C(1000) * ASK_TIMEOUT_MS;
    bool sent = false;

    messaging_routing_id("ecf2ctl", name);
    void *socket = messaging_dealer(context, name, endpoint, &ignored);
    wire_head_write(&head, WIRE_SUBMIT, WAKE_NOTIFICATIONS, 0);
    wire_record_write(&record, &wake);
    const struct slice frames[] = {buffer_slice(&head), buffer_slice(&record)};
    while (socket != NULL && !sent) {
        sent = message_send(socket, (struct slice){NULL, 0}, frames, 2);
        if (!sent && !wait_for(socket, /* only_read= */ false, deadline_us))
            break;
    }
    messaging_close(socket);
    buffer_release(&head);
    buffer_release(&record);
    return sent;
}

void wake_notifications(const char *endpoints)
{
    static struct broker_answer brokers[ASK_BROKERS_MAX];
    const size_t count = endpoints_split(endpoints, brokers);
    void *context = zmq_ctx_new();

    for (size_t i = 0; context != NULL && i < count; i++)
        if (wake_through(context, brokers[i].endpoint))
            break;
    if (context != NULL)
        (void)zmq_ctx_term(context);
}
