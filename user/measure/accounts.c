// SPDX-License-Identifier: GPL-2.0-only
#include "accounts.h"

static void accumulate(struct imstrace_account *account, const struct imstrace_account *other,
		       __u64 factor)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		account->hops[hop] += factor * other->hops[hop];
	for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++)
		account->causes[cause] += factor * other->causes[cause];
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		account->unmatched[hop] += factor * other->unmatched[hop];
	account->coalesced += factor * other->coalesced;
	account->hardware += factor * other->hardware;
	account->lost += factor * other->lost;
	account->lost_records += factor * other->lost_records;
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
	__u64 ended = account->hops[HOP_EOI] + account->unmatched[HOP_ACCEPT] +
		      account->unmatched[HOP_INJECT] + account->coalesced +
		      account->hardware + account->lost;

	/* The counters are read one after the other while they grow. */
	return account->hops[HOP_ACCEPT] > ended ? account->hops[HOP_ACCEPT] - ended : 0;
}

__u64 account_unmatched(const struct imstrace_account *account)
{
	__u64 sum = 0;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		sum += account->unmatched[hop];
	return sum;
}

__u64 account_lost(const struct imstrace_account *account)
{
	return account->lost + account->lost_records;
}
