// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <stddef.h>

const char about_imstrace[] =
	"imstrace follows each interrupt of a virtual device from the hard irq on the host\n"
	"to the EOI in its guest, and each vector through its life.";

/* In the order in which they are listed. */
const struct command *const commands[] = {
#define X(name) &command_##name,
	IMSTRACE_COMMANDS(X)
#undef X
	NULL,
};
