/* turn: the order of things; see notifications.h. */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

#define LIST_EVERY_US       US_PER_SECOND        /* NT-31: a lost wake-up costs no more */
#define WOKEN_EVERY_US      (US_PER_SECOND / 10) /* under load somebody wakes us all the time */
#define UNFINISHED_EVERY_US (60 * US_PER_SECOND)
#define UNFINISHED_SHARE    20 /* of the time such a look may take one part in so many */

void turn_forget(struct notifications *n)
{
    for (struct delivery *one = n->hand; one != NULL; one = one->hh.next)
        one->is_locked = false;
    n->listed_us = n->next_unfinished_us = 0;
}

/* How long the oldest that is due has been waiting, of what is known. */
static void show_oldest_due(const struct notifications *n)
{
    const int64_t machine_us = machine_now_us(), now_us = monotonic_now_us();
    int64_t oldest_us = 0;

    for (const struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next) {
        int64_t age_us = 0;

        if (endpoint->known_count > 0)
            age_us = now_us - endpoint->known[0].due_us;
        if (endpoint->has_more && machine_us - endpoint->oldest_new_us > age_us)
            age_us = machine_us - endpoint->oldest_new_us;
        oldest_us = endpoint->is_listed && age_us > oldest_us ? age_us : oldest_us;
    }
    metric_set(n->oldest_due, oldest_us / US_PER_SECOND);
}

static bool list_when_due(struct notifications *n, struct error *err)
{
    const int64_t now_us = monotonic_now_us();

    if (now_us < n->listed_us + (n->woken ? WOKEN_EVERY_US : LIST_EVERY_US))
        return true;
    n->woken = false;
    n->listed_us = now_us; /* also where this one fails */
    if (!endpoints_list(n, err))
        return false;
    show_oldest_due(n);
    return true;
}

static bool count_dead(struct notifications *n, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;

    if (!db_run(worker_db(n->worker), &sql_count_dead_deliveries, NULL, &result, err))
        return false;
    metric_set(n->dead, db_int(result, 0, 0));
    return true;
}

static bool look_at_everything_when_due(struct notifications *n, struct error *err)
{
    const int64_t now_us = monotonic_now_us();

    if (n->next_unfinished_us > now_us)
        return true;
    n->next_unfinished_us = now_us + US_PER_SECOND; /* where this one fails */
    if (!find_unfinished(n, err) || !count_dead(n, err))
        return false;
    const int64_t rest_us = (monotonic_now_us() - now_us) * UNFINISHED_SHARE;
    n->next_unfinished_us = now_us + (rest_us > UNFINISHED_EVERY_US ? rest_us : UNFINISHED_EVERY_US);
    return true;
}

static bool send_what_is_due(struct notifications *n, struct error *err)
{
    struct found found[TAKE_MAX];
    struct delivery *taken = NULL;
    size_t count = 0;

    return find_deliveries(n, found, &count, err) && take_deliveries(n, found, count, &taken, err) &&
           attempts_begin(n, &taken, err);
}

bool turn(struct notifications *n, struct error *err)
{
    const bool good = attempts_finish(n, err) && list_when_due(n, err) &&
                      look_at_everything_when_due(n, err) && send_what_is_due(n, err);

    metric_set(n->in_flight, HASH_COUNT(n->hand));
    return good;
}

bool turn_to_end(struct notifications *n, bool *ret_done, struct error *err)
{
    const bool good = attempts_finish(n, err);

    *ret_done = n->hand == NULL;
    return good;
}
