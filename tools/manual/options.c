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

static bool is_end(const struct argp_option *option)
{
	return !option->name && !option->key && !option->doc && !option->group;
}

static void add_option(struct command_options *options, const struct argp_option *from, int group)
{
	struct command_option *option = &options->list[options->count];

	if (options->count == MAX_OPTIONS)
		errx(1, "more than %d options", MAX_OPTIONS);
	if (!from->name || from->flags)
		errx(1, "option %s: no long name, or flags that are not known here",
		     from->name ?: "");
	*option = (struct command_option) {
		.names = { from->name },
		.name_count = 1,
		.letter = from->key < 0x80 ? from->key : 0,
		.argument = from->arg,
		.text = from->doc,
		.group = group,
	};
	options->count++;
}

static void add_alias(struct command_options *options, const char *name)
{
	struct command_option *option = &options->list[options->count - 1];

	if (!options->count || option->name_count == sizeof(option->names) / sizeof(option->names[0]))
		errx(1, "--%s is one alias too many", name);
	option->names[option->name_count++] = name;
}

/* As argp numbers groups; @cluster is not 0 for a child with a heading of its own. */
static void add_table(struct command_options *options, const struct argp_option *table, int cluster)
{
	int group = 0;

	for (; table && !is_end(table); table++) {
		if (table->group)
			group = table->group;
		if (cluster)
			group = cluster;
		if (group < 0 || group >= MAX_OPTIONS)
			errx(1, "group %d", group);
		if (table->flags == OPTION_ALIAS)
			add_alias(options, table->name);
		else if (!table->name && !table->key)
			options->headings[group] = table->doc;
		else
			add_option(options, table, group);
	}
}

static void add_argp(struct command_options *options, const struct argp *argp, int cluster)
{
	add_table(options, argp->options, cluster);
	for (const struct argp_child *child = argp->children; child && child->argp; child++) {
		if (child->header)
			options->headings[child->group] = child->header;
		add_argp(options, child->argp, child->group ?: cluster);
	}
}

static int compare(const void *left, const void *right)
{
	const struct command_option *a = left, *b = right;

	return a->group != b->group ? a->group - b->group : strcasecmp(a->names[0], b->names[0]);
}

void options_of(const struct command *command, struct command_options *options)
{
	*options = (struct command_options) { 0 };
	add_argp(options, command->argp, 0);
	add_table(options, common, 0);
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

char *text_after_options(const struct argp *argp)
{
	const char *text = strchr(argp->doc, '\v');
	char *whole;

	if (!text)
		return NULL;
	text++;
	whole = argp->help_filter ? argp->help_filter(ARGP_KEY_HELP_POST_DOC, text, NULL) :
				    (char *)text;
	return whole == text ? strdup(text) : whole;
}
