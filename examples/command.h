/* What the programs with options share: ends with a sentence, and the numbers of a command line. */
#ifndef EXAMPLES_COMMAND_H
#define EXAMPLES_COMMAND_H

#include "progress.h"

#include <ntk/ntk.h>

enum { EXIT_USAGE = 2 };

/* Names the program in the sentences of the others. */
void command_begin(const char *program);

/* Ends the program with a sentence. */
_Noreturn void command_fail(const char *sentence);

/* Ends it because of an option's value. */
_Noreturn void command_misuse(const char *option, const char *value, const char *expected);

/* Ends it because of an option that it does not have, or of -h, which prints the help. */
_Noreturn void command_other(int option, const char *help);

/* The one argument that is no option; ends the program with its help where there is none, or with what was expected. */
const char *command_operand(int count, char **arguments, const char *what, const char *help);

/* Ends it with the library's sentence, unless status is a success. */
void command_check(ntk_status status, progress_line *progress);

/* The value of an option: an integer of at least so much, or a number that is finite and not negative. */
int64_t command_count(const char *option, const char *text, int64_t least);
double command_number(const char *option, const char *text);

#endif
