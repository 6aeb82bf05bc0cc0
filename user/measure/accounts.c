// SPDX-License-Identifier: GPL-2.0-only
#include "accounts.h"

#include "../model/hops.h"

/* All of an account are counters of this kind. */
_Static_assert(sizeof(struct imstrace_account) % sizeof(__u64) == 0, "not only counters");

static void accumulate(struct imstrace_account *account, const struct imstrace_account *other,
		       __u64 factor)
{
	const __u64 *from = (const __u64 *)other;
	__u64 *to = (__u64 *)account;

	for (size_t i = 0; i < sizeof(*account) / sizeof(__u64); i++)
		to[i] += factor * from[i];
}

struct imstrace_account account_read(const struct source *source, __u32 id)
{
	struct imstrace_account account = { 0 };

	for (unsigned int part = 0; part < source->parts; part++)
		accumulate(&account, &source->accounts[(size_t)part * source->capacity + id], 1);
	return account;
}

void account_add(struct imstrace_account *account, const struct imstrace_account *more)
{
	accumulate(account, more, 1);
}

void account_subtract(struct imstrace_account *account, const struct imstrace_account *earlier)
{
	accumulate(account, earlier, -1ULL);	/* modulo 2^64 */
}

__u64 account_in_flight(const struct imstrace_account *account)
{
	__u64 ended = account->hops[HOP_EOI];

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_hop(end) == HOP_ACCEPT || end_hop(end) == HOP_INJECT)
			ended += account->ends[end];
	/* The counters are read one after the other while they grow. */
	return account->hops[HOP_ACCEPT] > ended ? account->hops[HOP_ACCEPT] - ended : 0;
}

__u64 account_unmatched(const struct imstrace_account *account)
{
	__u64 sum = 0;

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_class(end) == END_OF_UNMATCHED)
			sum += account->ends[end];
	return sum;
}

__u64 account_lost(const struct imstrace_account *account)
{
	return account->ends[END_LOST] + account->lost_records;
}
