// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include "../../user/cmd/options.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Behind all of a command's own. */
#define GROUP_COMMON	(MAX_OPTIONS - 1)

/* argp's own tables can't be had; a test compares with --help. */
static const struct argp_option common[] = {
	{ .doc = "Common to all commands:", .group = GROUP_COMMON },
	{ "help", '?', NULL, 0, "Give this help list", 0 },
	{ "usage", 0x100, NULL, 0, "Give a short usage message", 0 },
	{ "version", 'V', NULL, 0, "Print program version", 0 },
	{ 0 }
};

static void add_option(struct command_options *options, const struct argp_option *from, int group)
{
	struct command_option *option = &options->list[options->count];

	if (options->count == MAX_OPTIONS)
		errx(1, "more than %d options", MAX_OPTIONS);
	if (!from->name || from->flags)
		errx(1, "option %s: no long name, or flags that are not known here",
		     from->name ?: "");
	*option = (struct command_option) {
		.name = from->name,
		.letter = from->key < 0x80 ? from->key : 0,
		.argument = from->arg,
		.text = from->doc,
		.group = group,
	};
	options->count++;
}

static void add_table(struct command_options *options, const struct argp_option *table)
{
	int group = 0;

	for (; table->name || table->doc; table++) {
		group = table->group ?: group;
		if (group < 0 || group >= MAX_OPTIONS)
			errx(1, "group %d", group);
		if (table->name)
			add_option(options, table, group);
		else
			options->headings[group] = table->doc;
	}
}

static int compare(const void *left, const void *right)
{
	const struct command_option *a = left, *b = right;

	return a->group != b->group ? a->group - b->group : strcasecmp(a->name, b->name);
}

void options_of(const struct command *command, struct command_options *options)
{
	struct option_table table;

	*options = (struct command_options) { 0 };
	option_table_make(&table, command);
	add_table(options, table.argp);
	add_table(options, common);
	qsort(options->list, options->count, sizeof(options->list[0]), compare);
}

static const struct choice *find_choice(const struct choice *choice, const char *argument)
{
	for (; choice && choice->argument; choice++)
		if (!strcmp(choice->argument, argument))
			return choice;
	return NULL;
}

const struct choice *choice_of(const struct command *command, const char *argument)
{
	return find_choice(command->choices, argument) ?: find_choice(shared_choices, argument);
}
