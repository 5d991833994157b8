#include "figure.h"

#include "../command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void figure_begin(figure *f, const char *name, int operands, const char *help, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"quick", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int option;
    ntk_context_options options = NTK_INIT(ntk_context_options);
    *f = (figure){.context = NULL};
    command_begin(name);
    while ((option = getopt_long(argc, argv, "qh", long_options, NULL)) != -1) {
        if (option != 'q') command_other(option, help);
        f->quick = 1;
    }
    if (argc - optind != operands) {
        fputs(help, stderr);
        exit(EXIT_USAGE);
    }
    if (operands == 2) f->data = argv[optind++];
    progress_begin(&f->progress);
    progress_part(&f->progress, "%s", name);
    f->table = fopen(argv[optind], "w");
    if (!f->table) figure_fail(f, "%s: %s", argv[optind], strerror(errno));
    options.progress = progress_report;
    options.progress_user = &f->progress;
    figure_check(f, ntk_context_create(&f->context, &options));
}

void figure_end(figure *f)
{
    progress_end(&f->progress);
    ntk_context_destroy(f->context);
    int failed = ferror(f->table);
    if (fclose(f->table) || failed) figure_fail(f, "the table could not be written: %s", strerror(errno));
}

void figure_check(figure *f, ntk_status status)
{
    command_check(status, &f->progress);
}

void figure_fail(figure *f, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    progress_end(&f->progress);
    command_fail(sentence);
}

double *figure_room(figure *f, int64_t count)
{
    double *memory = calloc((size_t)count, sizeof *memory);
    if (!memory) figure_fail(f, "no memory for %lld numbers", (long long)count);
    return memory;
}

void figure_part(figure *f, const char *format, ...)
{
    char part[sizeof f->progress.what];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    progress_part(&f->progress, "%s", part);
}

void figure_note(figure *f, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    progress_end(&f->progress);
    printf("%s\n", sentence);
    fprintf(f->table, "# %s\n", sentence);
}

void figure_columns(figure *f, const char *names)
{
    fprintf(f->table, "%s\n", names);
}

void figure_row(figure *f, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(f->table, format, arguments);
    va_end(arguments);
    fputc('\n', f->table);
}

double figure_mean(const double *values, int64_t count, double *error)
{
    double mean = 0, square = 0;
    for (int64_t i = 0; i < count; i++) mean += values[i] / (double)count;
    for (int64_t i = 0; i < count; i++) square += (values[i] - mean) * (values[i] - mean);
    *error = count > 1 ? sqrt(square / (double)(count * (count - 1))) : NAN;
    return mean;
}
