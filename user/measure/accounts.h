/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a vector's interrupts have gone.
 */
#ifndef IMSTRACE_MEASURE_ACCOUNTS_H
#define IMSTRACE_MEASURE_ACCOUNTS_H

#include "../source/source.h"

/* What @source has counted for vector @id so far, on all CPUs. */
struct imstrace_account account_read(const struct source *source, __u32 id);

/* Leaves in @account what has been added to it since it was @earlier. */
void account_subtract(struct imstrace_account *account, const struct imstrace_account *earlier);

void account_add(struct imstrace_account *account, const struct imstrace_account *more);

/*
 * How many have been accepted by a guest's APIC and are still on their way:
 * pending, or in the guest's handler.
 */
__u64 account_in_flight(const struct imstrace_account *account);

/* Those seen to end before their last hop, wherever that was. */
__u64 account_unmatched(const struct imstrace_account *account);
/* Those not followed to their end, or not streamed, for want of space. */
__u64 account_lost(const struct imstrace_account *account);

#endif /* IMSTRACE_MEASURE_ACCOUNTS_H */
