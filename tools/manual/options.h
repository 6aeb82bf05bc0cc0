/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of a command as one list, out of the tables of its groups.
 */
#ifndef IMSTRACE_MANUAL_OPTIONS_H
#define IMSTRACE_MANUAL_OPTIONS_H

#include "../../user/cmd/options.h"

#include <stddef.h>
#include <stdio.h>

/**
 * struct command_option - an option of a command
 * @name:	its long name
 * @letter:	its short name, 0: it has none
 * @argument:	NULL: it takes none
 * @text:	what it does
 * @group:	options of a group stand together
 */
struct command_option {
	const char *name;
	char letter;
	const char *argument;
	const char *text;
	int group;
};

struct command_options {
	struct command_option list[MAX_OPTIONS];
	size_t count;
	/* By group; NULL: it has none. */
	const char *headings[MAX_OPTIONS];
};

/*
 * Of @command, in the order of --help; then those that argp adds to each command. Ends the
 * program if the tables have what it doesn't know.
 */
void options_of(const struct command *command, struct command_options *options);

/* What @argument can be for this command, NULL: anything. */
const struct choice *choice_of(const struct command *command, const char *argument);

#endif /* IMSTRACE_MANUAL_OPTIONS_H */
