/* Random numbers that are the same everywhere (SplitMix64: Steele, Lea and Flood 2014). */
#ifndef EXAMPLES_SPLITMIX_H
#define EXAMPLES_SPLITMIX_H

#include <stdint.h>

/* What is added to the state at each number: number k of a sequence comes of seed + k SPLITMIX_STEP. */
#define SPLITMIX_STEP UINT64_C(0x9e3779b97f4a7c15)

/* The next 64 random bits; *state is the seed, and changes. */
uint64_t splitmix_next(uint64_t *state);

#endif
