#define _POSIX_C_SOURCE 200809L

#include "csv.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 40 };

typedef struct field {
    const char *text; /* without blanks around it, and without its quotes */
    size_t length;
    bool quoted;
} field;

/* A walk over the text: lines, and fields in a line. */
typedef struct parser {
    const char *path;
    const char *next, *end; /* the next line, and the end of the text */
    const char *line, *line_end;
    const char *cursor; /* the next field; NULL behind the last */
    int64_t number;     /* of the line, from 1 */
    char delimiter;
    char *message;
} parser;

static bool is_blank(const parser *p, char c)
{
    return c == ' ' || c == '\r' || (c == '\t' && p->delimiter != '\t');
}

/* Goes to the next line that is not blank. */
static bool next_line(parser *p)
{
    while (p->next < p->end) {
        const char *stop = memchr(p->next, '\n', (size_t)(p->end - p->next));
        p->line = p->next;
        p->line_end = stop ? stop : p->end;
        p->next = stop ? stop + 1 : p->end;
        p->number++;
        p->cursor = p->line;
        for (const char *c = p->line; c < p->line_end; c++)
            if (!is_blank(p, *c)) return true;
    }
    return false;
}

/* Takes the closing quote's place; p->cursor stands behind the opening one. */
static int quoted_field(parser *p, field *f)
{
    const char *c = p->cursor;
    for (; c < p->line_end; c++) {
        if (*c != '"') continue;
        if (c + 1 < p->line_end && c[1] == '"')
            c++;
        else
            break;
    }
    long long character = (long long)(p->cursor - p->line);
    if (c >= p->line_end)
        return file_fail(p->message, "%s:%lld:%lld: this quote is not closed on its line", p->path, (long long)p->number,
                         character);
    *f = (field){.text = p->cursor, .length = (size_t)(c - p->cursor), .quoted = true};
    for (c++; c < p->line_end && is_blank(p, *c); c++) continue;
    if (c < p->line_end && *c != p->delimiter)
        return file_fail(p->message, "%s:%lld:%lld: text follows a closing quote", p->path, (long long)p->number,
                         (long long)(c - p->line) + 1);
    p->cursor = c < p->line_end ? c + 1 : NULL;
    return 0;
}

/* Takes the line's next field; p->cursor must not be NULL. */
static int next_field(parser *p, field *f)
{
    while (p->cursor < p->line_end && is_blank(p, *p->cursor)) p->cursor++;
    if (p->cursor < p->line_end && *p->cursor == '"') {
        p->cursor++;
        return quoted_field(p, f);
    }
    const char *stop = memchr(p->cursor, p->delimiter, (size_t)(p->line_end - p->cursor));
    const char *last = stop ? stop : p->line_end;
    while (last > p->cursor && is_blank(p, last[-1])) last--;
    *f = (field){.text = p->cursor, .length = (size_t)(last - p->cursor), .quoted = false};
    p->cursor = stop ? stop + 1 : NULL;
    return 0;
}

/* The whole field is a number; the text behind it ends one, since it is a delimiter, a quote, a line's end or the final NUL. */
static bool parse_number(const field *f, double *value)
{
    char *stop;
    if (!f->length) return false;
    *value = strtod(f->text, &stop);
    return stop == f->text + f->length;
}

/* The field as a string, its doubled quotes made single. */
static char *field_copy(const field *f)
{
    char *copy = malloc(f->length + 1), *to = copy;
    if (!copy) return NULL;
    for (size_t i = 0; i < f->length; i++) {
        *to++ = f->text[i];
        if (f->quoted && f->text[i] == '"') i++;
    }
    *to = '\0';
    return copy;
}

/* What a terminal can show of the field. */
static void field_shown(char shown[SHOWN + 4], const field *f)
{
    size_t length = f->length < SHOWN ? f->length : SHOWN;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)f->text[i];
        shown[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    strcpy(shown + length, f->length > SHOWN ? "..." : "");
}

/* Says what is wrong with a field that should be a finite number. */
static int bad_number(const parser *p, const csv_table *table, const field *f, int64_t column)
{
    double value;
    char shown[SHOWN + 4], name[128] = "";
    field_shown(shown, f);
    if (table->names) snprintf(name, sizeof name, " (%s)", table->names[column]);
    long long line = (long long)p->number, character = (long long)(f->text - p->line) + 1, number = (long long)column + 1;
    if (!f->length)
        return file_fail(p->message, "%s:%lld:%lld: column %lld%s is empty, expected a number", p->path, line, character,
                         number, name);
    if (parse_number(f, &value))
        return file_fail(p->message, "%s:%lld:%lld: column %lld%s holds %s, which is not finite", p->path, line, character,
                         number, name, shown);
    return file_fail(p->message, "%s:%lld:%lld: column %lld%s holds \"%s\", expected a number", p->path, line, character,
                     number, name, shown);
}

static char find_delimiter(const parser *p)
{
    bool tab = false, semicolon = false, quoted = false;
    for (const char *c = p->line; c < p->line_end; c++) {
        if (*c == '"') quoted = !quoted;
        tab = tab || (*c == '\t' && !quoted);
        semicolon = semicolon || (*c == ';' && !quoted);
    }
    return tab ? '\t' : semicolon ? ';' : ',';
}

/* Counts the first line's fields, and those that are numbers. */
static int first_line(parser *p, int64_t *cols, int64_t *numbers)
{
    field f;
    double value;
    p->delimiter = find_delimiter(p);
    for (*cols = *numbers = 0; p->cursor; ++*cols) {
        if (next_field(p, &f)) return -1;
        *numbers += parse_number(&f, &value);
    }
    p->cursor = p->line;
    return 0;
}

static int no_memory(const parser *p)
{
    return file_fail(p->message, "%s: too large for this machine's memory", p->path);
}

static int read_header(parser *p, csv_table *table)
{
    field f;
    table->names = calloc((size_t)table->cols, sizeof *table->names);
    if (!table->names) return no_memory(p);
    for (int64_t j = 0; j < table->cols; j++) {
        if (next_field(p, &f)) return -1;
        table->names[j] = field_copy(&f);
        if (!table->names[j]) return no_memory(p);
    }
    return 0;
}

static int read_row(parser *p, const csv_table *table, double *row)
{
    field f;
    int64_t j = 0;
    for (; p->cursor && j < table->cols; j++) {
        if (next_field(p, &f)) return -1;
        if (!parse_number(&f, &row[j]) || !isfinite(row[j])) return bad_number(p, table, &f, j);
    }
    if (j < table->cols)
        return file_fail(p->message, "%s:%lld:%lld: the line ends after %lld of %lld columns", p->path, (long long)p->number,
                         (long long)(p->line_end - p->line) + 1, (long long)j, (long long)table->cols);
    if (p->cursor)
        return file_fail(p->message, "%s:%lld:%lld: the line goes on behind its %lld columns", p->path, (long long)p->number,
                         (long long)(p->cursor - p->line), (long long)table->cols);
    return 0;
}

static int read_rows(parser *p, csv_table *table)
{
    int64_t capacity = 0;
    do {
        if (table->rows == capacity) {
            capacity = 2 * capacity + 256;
            double *larger = (size_t)capacity <= SIZE_MAX / sizeof *larger / (size_t)table->cols
                                 ? realloc(table->values, (size_t)capacity * (size_t)table->cols * sizeof *larger)
                                 : NULL;
            if (!larger) return no_memory(p);
            table->values = larger;
        }
        if (read_row(p, table, table->values + table->rows * table->cols)) return -1;
        table->rows++;
    } while (next_line(p));
    return 0;
}

static int read_table(parser *p, csv_table *table)
{
    int64_t numbers;
    if (!next_line(p)) return file_fail(p->message, "%s:1:1: the file is empty, expected lines of numbers", p->path);
    if (first_line(p, &table->cols, &numbers)) return -1;
    if (!numbers) {
        if (read_header(p, table)) return -1;
        if (!next_line(p))
            return file_fail(p->message, "%s:%lld:1: no number in the file's only line, expected lines of numbers", p->path,
                             (long long)p->number);
    }
    return read_rows(p, table);
}

int csv_read(csv_table *table, const char *path, char *message)
{
    char *text;
    size_t size;
    memset(table, 0, sizeof *table);
    if (file_read(path, &text, &size, message)) return -1;
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0), kept = (locale_t)0;
    if (c_locale) kept = uselocale(c_locale);
    size_t mark = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0; /* UTF-8's byte order mark */
    parser p = {.path = path, .next = text + mark, .end = text + size, .delimiter = ',', .message = message};
    int status = c_locale ? read_table(&p, table) : no_memory(&p);
    if (c_locale) {
        uselocale(kept);
        freelocale(c_locale);
    }
    free(text);
    if (status) csv_free(table);
    return status;
}

int64_t csv_column(const csv_table *table, const char *name)
{
    char *stop;
    for (int64_t j = 0; table->names && j < table->cols; j++)
        if (!strcmp(table->names[j], name)) return j;
    long long number = strtoll(name, &stop, 10);
    return *name && !*stop && number >= 1 && number <= table->cols ? (int64_t)number - 1 : -1;
}

void csv_free(csv_table *table)
{
    for (int64_t j = 0; table->names && j < table->cols; j++) free(table->names[j]);
    free(table->names);
    free(table->values);
    memset(table, 0, sizeof *table);
}
