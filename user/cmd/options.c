// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include "../errors.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static void add_options(struct option_table *table, const struct option_row *option, size_t offset)
{
	int place = 0;

	for (; option && option->what; option++) {
		size_t i = table->count++;

		if (i == MAX_OPTIONS)
			errx(EXIT_RUNTIME, "there are more than %d options", MAX_OPTIONS);
		place = option->place ?: place;
		table->argp[i] = (struct argp_option) {
			.name = option->name, .arg = option->argument, .doc = option->what,
			.group = place,
		};
		/* Beyond all letters. */
		if (option->name)
			table->argp[i].key = option->letter ?: 0x100 + (int)i;
		table->from[i] = option;
		table->offsets[i] = offset;
	}
}

/* The group with this index, its own first; after the last one without a @group. */
static struct option_use use_of(const struct command *command, size_t i)
{
	if (!i)
		return (struct option_use) { command->own, 0 };
	return command->groups ? command->groups[i - 1] : (struct option_use) { 0 };
}

void option_table_make(struct option_table *table, const struct command *command)
{
	struct option_use use;

	*table = (struct option_table) { 0 };
	for (size_t i = 0; (use = use_of(command, i)).group; i++)
		add_options(table, use.group->options, use.offset);
}

/* What argp hands to the functions below. */
struct parsing {
	const struct command *command;
	char *target;
	struct option_table table;
};

static error_t parse_argument(const struct parsing *parsing, char *value, struct argp_state *state)
{
	struct option_use use;

	for (size_t i = 0; (use = use_of(parsing->command, i)).group; i++) {
		if (!use.group->argument)
			continue;
		use.group->argument(parsing->target + use.offset, value, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_option(const struct parsing *parsing, int key, char *value,
			    struct argp_state *state)
{
	const struct option_table *table = &parsing->table;
	const struct option_row *option;
	char *target;
	size_t i = 0;

	while (i < table->count && table->argp[i].key != key)
		i++;
	if (i == table->count)
		return ARGP_ERR_UNKNOWN;
	option = table->from[i];
	target = parsing->target + table->offsets[i];
	if (option->given)
		*(const char **)(target + option->given) = option->name;
	if (!option->parse(option, target + option->offset, value, state))
		argp_error(state, "--%s must be %s, not \"%s\"", option->name, option->must, value);
	return 0;
}

static error_t parse_key(int key, char *value, struct argp_state *state)
{
	const struct parsing *parsing = state->input;
	struct option_use use;

	if (key == ARGP_KEY_ARG)
		return parse_argument(parsing, value, state);
	if (key != ARGP_KEY_END)
		return key && key < ARGP_KEY_END ? parse_option(parsing, key, value, state) :
						   ARGP_ERR_UNKNOWN;
	for (size_t i = 0; (use = use_of(parsing->command, i)).group; i++)
		if (use.group->check)
			use.group->check(parsing->target + use.offset, state);
	return 0;
}

char *help_after_options(const struct command *command)
{
	const char *text = strchr(command->doc, '\v');
	char *result = NULL;
	size_t size;
	FILE *out;

	if (!text || !(out = open_memstream(&result, &size)))
		return NULL;
	if (command->tables) {
		command->tables(out);
		putc('\n', out);
	}
	fputs(text + 1, out);
	fclose(out);
	return result;
}

static char *filter_help(int key, const char *text, void *input)
{
	const struct parsing *parsing = input;

	return (key == ARGP_KEY_HELP_POST_DOC ? help_after_options(parsing->command) : NULL) ?:
	       (char *)text;
}

void parse_options(const struct command *command, int argc, char **argv, void *target)
{
	struct parsing parsing = { .command = command, .target = target };
	const struct argp argp = {
		.options = parsing.table.argp, .parser = parse_key, .help_filter = filter_help,
		.doc = command->doc, .args_doc = command->args_doc,
	};

	option_table_make(&parsing.table, command);
	if (argp_parse(&argp, argc, argv, command->in_order ? ARGP_IN_ORDER : 0, NULL, &parsing))
		exit(EXIT_USAGE);
}
