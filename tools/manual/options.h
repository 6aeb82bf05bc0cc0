/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of a command as one list, out of its tree of argp tables.
 */
#ifndef IMSTRACE_MANUAL_OPTIONS_H
#define IMSTRACE_MANUAL_OPTIONS_H

#include "../../user/cmd/command.h"

#include <stddef.h>
#include <stdio.h>

#define MAX_ALIASES	2
#define MAX_OPTIONS	64

/**
 * struct command_option - an option of a command
 * @names:	its long names; the first is its own
 * @name_count:	how many
 * @letter:	its short name, 0: it has none
 * @argument:	NULL: it takes none
 * @text:	what it does
 * @group:	options of a group stand together
 */
struct command_option {
	const char *names[1 + MAX_ALIASES];
	size_t name_count;
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

/* The text that --help has after the options, with its tables; to be freed if it is not NULL. */
char *text_after_options(const struct argp *argp);

#endif /* IMSTRACE_MANUAL_OPTIONS_H */
