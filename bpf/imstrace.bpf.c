// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs of imstrace, one object: lifecycle.h follows the life of each
 * vector, interrupts.h each interrupt.
 */
#include "lifecycle.h"
#include "interrupts.h"

char LICENSE[] SEC("license") = "GPL";
