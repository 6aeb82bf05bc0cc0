// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace: which subcommand?
 */
#include "cmd/command.h"
#include "fault.h"
#include "version.h"

#include <argp.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	const char *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "live", "follow the vectors of the running kernel", command_live },
	{ "record", "keep what live sees, to look at it later", command_record },
	{ "report", "what a recording says: figures, the slowest interrupts", command_report },
	{ "script", "a recording event by event", command_script },
	{ "export", "a recording in the formats of other tools", command_export },
	{ "run", "measure a workload again and again, to compare or to draw it", command_run },
	{ "lint", "say what is wrong with the drivers of vectors", command_lint },
	{ "check", "what can be measured on this system, how, and why not more", command_check },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("imstrace follows each interrupt of a virtual device from the hard irq on the host\n"
	      "to the EOI in its guest, and each vector through its life.\n\n"
	      "Usage: imstrace COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\n"
	      "  imstrace COMMAND --help   what a command does, its options and examples\n"
	      "  imstrace --version        versions of imstrace and libbpf\n\n"
	      "To begin with: sudo imstrace live\n", out);
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "imstrace %s, libbpf %s\n", IMSTRACE_VERSION, libbpf_version_string());
}

int main(int argc, char **argv)
{
	char name[64];

	argp_err_exit_status = EXIT_USAGE;
	argp_program_version_hook = print_version;
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		print_version(stdout, NULL);
		return EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		snprintf(name, sizeof(name), "imstrace %s", commands[i].name);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	return fault(EXIT_USAGE, "See imstrace --help", "there is no command \"%.40s\"", argv[1]);
}
