/*
 * drain: brokers stop taking new work (architecture.md, "Bounded everywhere": refused before acceptance) and
 * finish what they have; and take it again.
 */
#include <stdio.h>
#include <string.h>

#include "workers/ctl/ask.h"
#include "workers/ctl/ctl.h"

int command_drain(const struct settings *settings, int argc, char **argv)
{
    const bool on = argc == 2 && strcmp(argv[1], "on") == 0;
    if (!on && !(argc == 2 && strcmp(argv[1], "off") == 0)) {
        (void)fputs("ecf2ctl: usage: ecf2ctl drain on|off\n", stderr);
        return CTL_USAGE;
    }
    static struct broker_answer answers[ASK_BROKERS_MAX];
    const size_t count = ask_brokers(settings->brokers, WIRE_DRAIN, on ? 1 : 0, answers);
    int status = count > 0 ? CTL_DONE : CTL_FAILED;
    for (size_t i = 0; i < count; i++) {
        const json_t *draining = json_object_get(answers[i].status, "draining");
        if (answers[i].status == NULL)
            (void)fprintf(stderr, "ecf2ctl: broker %s: %s\n", answers[i].endpoint, answers[i].reason.detail);
        else if (json_is_true(draining) != on)
            (void)fprintf(stderr, "ecf2ctl: broker %s %s\n", answers[i].endpoint,
                          on ? "did not begin to drain" : "goes on draining: it is being stopped");
        else
            (void)printf("broker %s %s\n", answers[i].endpoint,
                         on ? "refuses new work and finishes what it has" : "takes new work");
        if (answers[i].status == NULL || json_is_true(draining) != on)
            status = CTL_FAILED;
    }
    ask_release(answers, count);
    return status;
}
