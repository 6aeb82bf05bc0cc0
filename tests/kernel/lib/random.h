/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers which are the same for the same seed (xorshift64*). */
#ifndef KERNEL_TEST_RANDOM_H
#define KERNEL_TEST_RANDOM_H

#include <stdint.h>

/* Never 0, whatever the seed is. */
static inline uint64_t random_seed(uint64_t seed)
{
	return seed * 0x9e3779b97f4a7c15ULL + 1 ?: 1;
}

static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL >> 32;
}

/* 0 … @limit - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
	return (uint64_t)random_next(state) * limit >> 32;
}

#endif /* KERNEL_TEST_RANDOM_H */
