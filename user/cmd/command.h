/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands. A new one is one new file here, and its name below.
 */
#ifndef IMSTRACE_COMMAND_H
#define IMSTRACE_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct choice - what the argument of an option can be, for completion
 * @argument:	the option's, such as "FORMAT"
 * @list:	it takes several, with commas between
 * @value:	the one with this index; NULL: there are no more
 */
struct choice {
	const char *argument;
	bool list;
	const char *(*value)(unsigned int index);
};

struct option_group;
struct option_use;

/**
 * struct command - a subcommand
 * @name:	as on the command line
 * @what:	it does, in the list of all
 * @doc:	its --help: what is before the options, a "\v", what is after them
 * @args_doc:	what it takes besides options; NULL: nothing
 * @own:	its own options, which fill in its struct: see cmd/options.h
 * @groups:	those it shares with others; the last has no @group. NULL: there are none
 * @in_order:	options end where the arguments begin
 * @choices:	of its own options; the last has no @argument. NULL: there are none
 * @tables:	writes tables for --help, behind the options. NULL: there are none
 * @run:	@argv[0] is the name to show in messages. Return: an exit code
 */
struct command {
	const char *name;
	const char *what;
	const char *doc;
	const char *args_doc;
	const struct option_group *own;
	const struct option_use *groups;
	bool in_order;
	const struct choice *choices;
	void (*tables)(FILE *out);
	int (*run)(int argc, char **argv);
};

/* X(name): command_NAME, in the order of --help. */
#define IMSTRACE_COMMANDS(X)							\
	X(live) X(top) X(why) X(record) X(report) X(script) X(export) X(run)		\
	X(gate) X(history) X(lint) X(serve) X(check)

#define X(name) extern const struct command command_##name;
IMSTRACE_COMMANDS(X)
#undef X

/* All of them; the last is NULL. */
extern const struct command *const commands[];

/* What the program is for, in a paragraph. */
extern const char about_imstrace[];

/* For the texts of --help: how what follows the running kernel ends. */
#define HELP_SIGNALS								\
	"SIGINT (Ctrl-C), SIGTERM or SIGHUP ends it properly. A second SIGINT or SIGTERM kills "	\
	"it.\n\n"

#endif /* IMSTRACE_COMMAND_H */
