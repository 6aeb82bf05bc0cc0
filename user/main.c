// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace: which subcommand?
 */
#include "cmd/command.h"
#include "errors.h"
#include "version.h"

#include <argp.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static void print_help(FILE *out)
{
	fprintf(out, "%s\n\nUsage: imstrace COMMAND [OPTION...]\n\n", about_imstrace);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->what);
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
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(argv[1], commands[i]->name))
			continue;
		snprintf(name, sizeof(name), "imstrace %s", commands[i]->name);
		argv[1] = name;
		return commands[i]->run(argc - 1, argv + 1);
	}
	return report_error(EXIT_USAGE, "See imstrace --help", "there is no command \"%.40s\"",
			    argv[1]);
}
