#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *name = "";

void command_begin(const char *program)
{
    name = program;
}

void command_fail(const char *sentence)
{
    fprintf(stderr, "%s: %s\n", name, sentence);
    exit(EXIT_FAILURE);
}

void command_misuse(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "%s: %s is \"%s\", expected %s (--help says more)\n", name, option, value, expected);
    exit(EXIT_USAGE);
}

void command_other(int option, const char *help)
{
    if (option != 'h') exit(EXIT_USAGE);
    fputs(help, stdout);
    exit(EXIT_SUCCESS);
}

const char *command_operand(int count, char **arguments, const char *what, const char *help)
{
    if (count == 1) return arguments[0];
    if (count < 1)
        fputs(help, stderr);
    else
        fprintf(stderr, "%s: expected one %s (--help says more)\n", name, what);
    exit(EXIT_USAGE);
}

void command_check(ntk_status status, progress_line *progress)
{
    if (status >= 0) return;
    progress_end(progress);
    const char *sentence = ntk_error_message();
    command_fail(*sentence ? sentence : ntk_status_name(status));
}

int64_t command_count(const char *option, const char *text, int64_t least)
{
    char *stop, expected[64];
    errno = 0;
    long long value = strtoll(text, &stop, 10);
    if (*text && !*stop && !errno && value >= least) return value;
    snprintf(expected, sizeof expected, "a number from %lld", (long long)least);
    command_misuse(option, text, expected);
}

double command_number(const char *option, const char *text)
{
    char *stop;
    double value = strtod(text, &stop);
    if (*text && !*stop && isfinite(value) && value >= 0) return value;
    command_misuse(option, text, "a number that is not negative");
}
