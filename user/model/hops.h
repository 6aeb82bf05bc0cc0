/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hops in words.
 */
#ifndef IMSTRACE_MODEL_HOPS_H
#define IMSTRACE_MODEL_HOPS_H

#include <imstrace/hops.h>

const char *hop_name(enum imstrace_hop hop);
/* What it is, for people. */
const char *hop_what(enum imstrace_hop hop);

#endif /* IMSTRACE_MODEL_HOPS_H */
