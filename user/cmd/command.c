// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <stddef.h>

const char about_imstrace[] =
	"imstrace follows each interrupt of a virtual device from the hard irq on the host\n"
	"to the EOI in its guest, and each vector through its life.";

/* In the order in which they are listed. */
const struct command *const commands[] = {
	&command_live,
	&command_top,
	&command_record,
	&command_report,
	&command_script,
	&command_export,
	&command_run,
	&command_gate,
	&command_history,
	&command_lint,
	&command_serve,
	&command_check,
	NULL
};
