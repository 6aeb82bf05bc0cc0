/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as rows of tables. A group of options has one table and one struct that it fills in;
 * a command lists its groups, and where in its own struct each of their structs is.
 */
#ifndef IMSTRACE_OPTIONS_H
#define IMSTRACE_OPTIONS_H

#include "../model/vectors.h"
#include "../recording/reader.h"
#include "../source/live.h"
#include "command.h"

#include <argp.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* "10s", "1.5m", "250ms", "0"; without a unit, seconds. Into ns; false: it isn't one. */
bool parse_duration(const char *text, __u64 *ns);
/* A decimal number from 1 to @max. */
bool parse_number(const char *text, __u64 max, __u64 *number);
/* "5%", or "5", into 0.05. */
bool parse_percent(const char *text, double *share);
/* A list of hops such as "irq,signal", into a mask by enum imstrace_hop. */
bool parse_hops(const char *text, unsigned int *mask);
/* A list of stages, into a mask by enum imstrace_stage; or "all". */
bool parse_stages(const char *text, unsigned int *mask);

/* Where options stand in --help: those of all groups with the same place stand together. */
enum option_place {
	PLACE_END = 1,		/* when to end */
	PLACE_SHOW,		/* what to show, and how */
	PLACE_RECORDING,
	PLACE_FILTER,
	PLACE_LIVE,
};

/**
 * struct option_row - one option, or the heading of a place
 * @name:	its long name; NULL: this is a heading
 * @letter:	its short name, 0: it has none
 * @argument:	what it takes, such as "TIME"; NULL: nothing
 * @what:	it does, or the heading
 * @parse:	takes @value into the field @to; false: @value is not what it must be
 * @offset:	of the field in the group's struct; see INTO()
 * @size:	of the field
 * @must:	be, in a message: "a time such as 1s"
 * @least:	the bounds of a duration in ns, a number or a share; @most 0: there is no upper one
 * @most:	see @least
 * @or_zero:	0 is good as well
 * @given:	offset of a const char * that gets @name if the option is given, 0: none
 * @place:	in --help, 0: that of the row before
 */
struct option_row {
	const char *name;
	int letter;
	const char *argument;
	const char *what;
	bool (*parse)(const struct option_row *option, void *to, char *value,
		      struct argp_state *state);
	size_t offset, size;
	const char *must;
	double least, most;
	bool or_zero;
	size_t given;
	int place;
};

#define INTO(type, field)						\
	.offset = offsetof(type, field), .size = sizeof(((type *)0)->field)
#define HEADING(at, text)	{ .what = text, .place = at }

/**
 * struct option_group - options that fill in one struct
 * @options:	the last has no @what; NULL: there are none
 * @argument:	takes what is no option; state->next is the index of the word after it
 * @check:	what was given, when all of it is there; argp_error() ends the program
 */
struct option_group {
	const struct option_row *options;
	void (*argument)(void *target, char *value, struct argp_state *state);
	void (*check)(void *target, struct argp_state *state);
};

/* A group of a command, and the offset of the struct that it fills in; the last has no @group. */
struct option_use {
	const struct option_group *group;
	size_t offset;
};

/* For a command's groups. */
#define GROUPS(...)	((const struct option_use[]) { __VA_ARGS__, { 0 } })

/* For struct option_row's parse, by the type of the field. */
bool take_flag(const struct option_row *option, void *to, char *value, struct argp_state *state);
bool take_text(const struct option_row *option, void *to, char *value, struct argp_state *state);
bool take_duration(const struct option_row *option, void *to, char *value, struct argp_state *state);
bool take_number(const struct option_row *option, void *to, char *value, struct argp_state *state);
bool take_share(const struct option_row *option, void *to, char *value, struct argp_state *state);
bool take_percent(const struct option_row *option, void *to, char *value, struct argp_state *state);

/* --by of gate and history: into an enum grouping. */
bool take_grouping(const struct option_row *option, void *to, char *value, struct argp_state *state);
#define GROUPING_HELP	\
	"class: put vectors of a class of devices together (default); device: those of a device, " \
	"by its name; vector: each vector of a class by itself"
#define GROUPING_MUST	"class, device or vector"

/* The groups that more than one command has, and the struct or field that each fills in. */
extern const struct option_group duration_group;	/* a __u64, in ns */
extern const struct option_group json_group;		/* a const struct sink_ops * */
extern const struct option_group filter_group;		/* a struct vector_filter */
extern const struct option_group live_group;		/* a struct live_options */
extern const struct option_group kernel_group;		/* likewise, without what to follow */
extern const struct option_group recording_group;	/* a struct recording_options */
extern const struct option_group source_group;		/* a struct source_options */

/* When to end a session, and with which vectors. */
#define SESSION_GROUPS(type, field)					\
	{ &duration_group, offsetof(type, field.duration) },		\
	{ &filter_group, offsetof(type, field.filter) }

#define LIVE_GROUPS(type, field)					\
	{ &live_group, offsetof(type, field) },				\
	{ &kernel_group, offsetof(type, field) }

/* A recording or, without the one argument DIR, the running kernel. */
struct source_options {
	struct recording_options recording;
	struct live_options live;
};

#define SOURCE_DEFAULTS	{ .live = LIVE_DEFAULTS }
#define SOURCE_ARGUMENT	"[DIR]"
#define SOURCE_GROUPS(type, field)					\
	{ &recording_group, offsetof(type, field.recording) },		\
	LIVE_GROUPS(type, field.live),					\
	{ &source_group, offsetof(type, field) }

/*
 * What @filter wants must be there: a process. Return: 0 or an exit code, reported; so does
 * source_open(), which asks that of the running kernel only.
 */
int live_open_for(struct source **source, const struct live_options *options,
		  const struct vector_filter *filter);
int source_open(struct source **source, const struct source_options *options,
		const struct vector_filter *filter);

#define DIGITS(number)	DIGITS_OF(number)
#define DIGITS_OF(number) #number

/* The arguments that options of more than one command take. */
extern const struct choice shared_choices[];

#define MAX_OPTIONS	64

/* The options of a command as one table; argp has the rows of @from, and an end. */
struct option_table {
	struct argp_option argp[MAX_OPTIONS + 1];
	const struct option_row *from[MAX_OPTIONS];
	size_t offsets[MAX_OPTIONS];
	size_t count;
};

void option_table_make(struct option_table *table, const struct command *command);

/* What --help says after the options, to be freed; NULL: nothing. */
char *help_after_options(const struct command *command);

/**
 * parse_options - fill in a command's struct
 * @target:	the offsets of the command's groups are in this
 *
 * Ends the program with a message if something is wrong, and after --help.
 */
void parse_options(const struct command *command, int argc, char **argv, void *target);

#endif /* IMSTRACE_OPTIONS_H */
