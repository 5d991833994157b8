#include "theory/target/terms.h"

#include "core/memory.h"
#include "core/size.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *exponents_of(const ntk_terms *terms, int64_t term)
{
    return terms->exponents + term * terms->width;
}

/* Coefficients, then exponents. */
static ntk_status allocate(ntk_terms *terms)
{
    uint64_t bytes;
    NTK_TRY(ntk_size_multiply(&bytes, terms->width, sizeof(uint8_t)));
    NTK_TRY(ntk_size_add(&bytes, 1, sizeof(double)));
    NTK_TRY(ntk_allocate(terms->context, &terms->coefficients, terms->room, (int64_t)bytes, "a polynomial's terms"));
    terms->exponents = (uint8_t *)(terms->coefficients + terms->room);
    return NTK_OK;
}

ntk_status ntk_terms_create(ntk_terms *terms, ntk_context *context, int64_t width, int64_t room)
{
    *terms = (ntk_terms){.context = context, .width = width, .room = ntk_larger(1, room)};
    return allocate(terms);
}

void ntk_terms_free(ntk_terms *terms)
{
    ntk_free(terms->context, terms->coefficients);
    terms->coefficients = NULL;
    terms->exponents = NULL;
    terms->count = terms->room = 0;
}

ntk_status ntk_terms_grow(ntk_terms *terms, int64_t more)
{
    ntk_terms larger = *terms;
    if (terms->count + more <= terms->room) return NTK_OK;
    larger.room = terms->count + ntk_larger(more, terms->count);
    NTK_TRY(allocate(&larger));
    memcpy(larger.coefficients, terms->coefficients, (size_t)terms->count * sizeof *larger.coefficients);
    memcpy(larger.exponents, terms->exponents, (size_t)(terms->count * terms->width));
    ntk_terms_free(terms);
    *terms = larger;
    return NTK_OK;
}

void ntk_terms_put(ntk_terms *terms, double coefficient, const uint8_t *exponents)
{
    memcpy(exponents_of(terms, terms->count), exponents, (size_t)terms->width);
    terms->coefficients[terms->count++] = coefficient;
}

int64_t ntk_terms_degree(const ntk_terms *terms, int64_t term)
{
    const uint8_t *e = exponents_of(terms, term);
    int64_t sum = 0;
    for (int64_t j = 0; j < terms->width; j++) sum += e[j];
    return sum;
}

ntk_status ntk_terms_add(ntk_terms *terms, const ntk_terms *other, double factor)
{
    NTK_TRY(ntk_terms_grow(terms, other->count));
    for (int64_t m = 0; m < other->count; m++) ntk_terms_put(terms, factor * other->coefficients[m], exponents_of(other, m));
    return NTK_OK;
}

ntk_status ntk_terms_add_degree(ntk_terms *terms, const ntk_terms *other, int64_t degree)
{
    NTK_TRY(ntk_terms_grow(terms, other->count));
    for (int64_t m = 0; m < other->count; m++)
        if (ntk_terms_degree(other, m) == degree) ntk_terms_put(terms, other->coefficients[m], exponents_of(other, m));
    return NTK_OK;
}

/* Terms that are sorted, merged or made between two questions whether to stop. */
enum { TERMS_BETWEEN_QUESTIONS = 4096 };

static ntk_status ask(const ntk_lane *lane, int64_t term)
{
    return (term + 1) % TERMS_BETWEEN_QUESTIONS == 0 ? ntk_advance(lane, 0) : NTK_OK;
}

/* --- settling --- */

/* A term where it lies. */
typedef struct place {
    const uint8_t *exponents;
    int64_t width, term;
} place;

/* Like ones in the order in which they were put, so that sums do not depend on how the sort works. */
static int compare(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = memcmp(x->exponents, y->exponents, (size_t)x->width);
    return order ? order : (x->term > y->term) - (x->term < y->term);
}

/* Runs of so many places, each in order, become such of twice as many. */
static ntk_status merge_runs(place *to, const place *from, int64_t count, int64_t run, const ntk_lane *lane)
{
    for (int64_t first = 0; first < count; first += 2 * run) {
        int64_t middle = ntk_smaller(first + run, count), last = ntk_smaller(first + 2 * run, count), a = first, b = middle;
        for (int64_t m = first; m < last; m++) {
            bool left = a < middle && (b == last || compare(&from[a], &from[b]) < 0);
            to[m] = from[left ? a++ : b++];
            NTK_TRY(ask(lane, m));
        }
    }
    return NTK_OK;
}

/* *places are put in order, by runs, so that the call can be stopped; they may then be where *spare was, and the reverse. */
static ntk_status sort(place **places, place **spare, int64_t count, const ntk_lane *lane)
{
    for (int64_t first = 0; first < count; first += TERMS_BETWEEN_QUESTIONS) {
        int64_t last = ntk_smaller(first + TERMS_BETWEEN_QUESTIONS, count);
        qsort(*places + first, (size_t)(last - first), sizeof **places, compare);
        NTK_TRY(ask(lane, last - 1));
    }
    for (int64_t run = TERMS_BETWEEN_QUESTIONS; run < count; run *= 2) {
        place *from = *places;
        NTK_TRY(merge_runs(*spare, from, count, run, lane));
        *places = *spare;
        *spare = from;
    }
    return NTK_OK;
}

static ntk_status merge(ntk_terms *to, const ntk_terms *from, const place *places, const ntk_lane *lane)
{
    for (int64_t m = 0; m < from->count; m++) {
        double coefficient = from->coefficients[places[m].term];
        if (to->count > 0 && memcmp(exponents_of(to, to->count - 1), places[m].exponents, (size_t)to->width) == 0)
            to->coefficients[to->count - 1] += coefficient;
        else if (to->count > 0 && to->coefficients[to->count - 1] == 0)
            to->count--, ntk_terms_put(to, coefficient, places[m].exponents);
        else
            ntk_terms_put(to, coefficient, places[m].exponents);
        NTK_TRY(ask(lane, m));
    }
    if (to->count > 0 && to->coefficients[to->count - 1] == 0) to->count--;
    return NTK_OK;
}

/* settled, an empty one with enough room, receives them; places  room for twice as many. */
static ntk_status settle(ntk_terms *settled, const ntk_terms *terms, place *places, const ntk_lane *lane)
{
    place *spare = places + terms->count;
    for (int64_t m = 0; m < terms->count; m++) places[m] = (place){exponents_of(terms, m), terms->width, m};
    NTK_TRY(sort(&places, &spare, terms->count, lane));
    return merge(settled, terms, places, lane);
}

ntk_status ntk_terms_settle(ntk_terms *terms, const ntk_lane *lane)
{
    place *places;
    ntk_terms settled;
    if (terms->count == 0) return NTK_OK;
    NTK_TRY(ntk_terms_create(&settled, terms->context, terms->width, terms->count));
    ntk_status status =
        ntk_allocate(terms->context, &places, terms->count, 2 * (int64_t)sizeof *places, "a polynomial's terms");
    if (status >= 0) status = settle(&settled, terms, places, lane);
    ntk_free(terms->context, places);
    if (status < 0) {
        ntk_terms_free(&settled);
        return status;
    }
    ntk_terms_free(terms);
    *terms = settled;
    return NTK_OK;
}

/* --- what is made of them --- */

static void put_derivatives(ntk_terms *to, const ntk_terms *from, int64_t term, double factor)
{
    const uint8_t *e = exponents_of(from, term);
    for (int64_t j = 0; j < from->width; j++) {
        if (e[j] < 2) continue;
        ntk_terms_put(to, factor * from->coefficients[term] * (double)(e[j] * (e[j] - 1)), e);
        exponents_of(to, to->count - 1)[j] = (uint8_t)(e[j] - 2);
    }
}

static ntk_status differentiate(ntk_terms *made, const ntk_terms *terms, double factor, const ntk_lane *lane)
{
    for (int64_t m = 0; m < terms->count; m++) {
        put_derivatives(made, terms, m, factor);
        NTK_TRY(ask(lane, m));
    }
    return ntk_terms_settle(made, lane);
}

ntk_status ntk_terms_differentiate(ntk_terms *terms, double factor, const ntk_lane *lane)
{
    ntk_terms made;
    int64_t count = 0;
    for (int64_t i = 0; i < terms->count * terms->width; i++) count += terms->exponents[i] >= 2;
    NTK_TRY(ntk_terms_create(&made, terms->context, terms->width, count));
    ntk_status status = differentiate(&made, terms, factor, lane);
    if (status < 0) {
        ntk_terms_free(&made);
        return status;
    }
    ntk_terms_free(terms);
    *terms = made;
    return NTK_OK;
}

double ntk_terms_norm(const ntk_terms *terms)
{
    double sum = 0;
    for (int64_t m = 0; m < terms->count; m++) {
        const uint8_t *e = exponents_of(terms, m);
        double square = terms->coefficients[m] * terms->coefficients[m];
        for (int64_t j = 0; j < terms->width; j++)
            for (int i = 2; i <= e[j]; i++) square *= i;
        sum += square;
    }
    return sum;
}

double ntk_terms_value(const ntk_terms *terms, const double *x, const int64_t *variables)
{
    double sum = 0;
    for (int64_t m = 0; m < terms->count; m++) {
        const uint8_t *e = exponents_of(terms, m);
        double product = terms->coefficients[m];
        for (int64_t j = 0; j < terms->width; j++)
            for (int i = 0; i < e[j]; i++) product *= x[variables[j]];
        sum += product;
    }
    return sum;
}
