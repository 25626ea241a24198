#include "workers/ctl/ctl.h"

void command_sandbox_help(FILE *out)
{
    (void)out;
}

int command_sandbox(const struct settings *settings, int argc, char **argv)
{
    (void)settings, (void)argc, (void)argv;
    return CTL_FAILED;
}
