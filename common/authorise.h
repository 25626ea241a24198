/*
 * authorise: a payable statement is paid, with its declarations (payments.md 3.4, 3.5): whether it may be is
 * a pure function of its facts; authorise_load and authorise_write are the two steps of whoever does it, in
 * one transaction, around and under the locks that the first one names (common/locks.h): the operator's
 * command today, the kind `statement.authorise` of payments later.
 */
#ifndef ECF2_COMMON_AUTHORISE_H
#define ECF2_COMMON_AUTHORISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/declaration.h"
#include "common/london.h"

struct authorise_facts {
    int64_t id;     /* 0: there is no such statement, then nothing below is set */
    bool is_output; /* else it is for service fees */
    enum statement_status status;
    struct date deadline_date;
    int64_t payable, awaiting_clawback; /* declarations that would move */
    int64_t earlier_payable; /* statements of its provider and contract period, paid before it, that are
                                payable yet */
};

enum authorise_verdict {
    AUTHORISE_MAY,
    AUTHORISE_NO_STATEMENT,
    AUTHORISE_SERVICE_FEE,
    AUTHORISE_DONE_BEFORE,
    AUTHORISE_OPEN,
    AUTHORISE_DEADLINE_AHEAD,
    AUTHORISE_NOTHING_TO_PAY,
    AUTHORISE_EARLIER_UNPAID, /* wants a confirmation of its own (payments-operations.md 1.4) */
    AUTHORISE_VERDICT_COUNT
};

/* earlier_is_confirmed: whoever authorises knows that an earlier statement is unpaid. */
enum authorise_verdict authorise_decide(const struct authorise_facts *facts, struct date today,
                                        bool earlier_is_confirmed);
/* Why, in a sentence without a full stop; static. */
const char *authorise_verdict_text(enum authorise_verdict verdict);

struct authorise_step {
    struct uuid api_id;
    int64_t as_of_us; /* business time, and how far it is ahead of machine time (PL-23) */
    int64_t ahead_us;
    bool earlier_is_confirmed;
    /* Whoever authorises: a member of staff; borrowed. */
    int64_t author_id;
    const char *author_name, *author_email;
    const struct uuid *submission; /* NULL: none */
    int64_t calculation_id; /* the figures of kind `paid` that the settlement has made in this transaction
                               (DM-24); 0: figures were never calculated for this statement */
    /* Given by authorise_load: */
    struct authorise_facts facts;
    enum authorise_verdict verdict;
    /* Given by authorise_write: */
    int64_t paid, clawed_back;
};

/* Reads the facts of each and decides. *ret_rows, the caller's to PQclear, holds the locks that are needed: a
 * row for each step, empty where there is no such statement. */
bool authorise_load(struct db *db, struct authorise_step *steps, size_t count, PGresult **ret_rows,
                    struct error *err) __attribute__((warn_unused_result));
/* Writes those that may be. */
bool authorise_write(struct db *db, struct authorise_step *steps, size_t count, struct error *err)
    __attribute__((warn_unused_result));

#endif
