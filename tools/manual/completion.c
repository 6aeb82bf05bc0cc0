// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion for bash, zsh and fish. What an option's argument is, its table says by a word:
 * FILE, DIR and PID are what the shell knows, others are in the command's table of choices.
 */
#include "completion.h"

#include <string.h>

static bool takes(const char *argument, const char *what)
{
	return argument && !strcmp(argument, what);
}

/* What comes after the options: "[DIR]", or "[COMMAND [ARGUMENT...]]". */
static bool takes_directory(const struct command *command)
{
	return takes(command->args_doc, "[DIR]");
}

static bool takes_command(const struct command *command)
{
	return command->args_doc && !takes_directory(command);
}

static void put_values(FILE *out, const struct choice *choice)
{
	const char *value;

	for (unsigned int i = 0; (value = choice->value(i)); i++)
		fprintf(out, "%s%s", i ? " " : "", value);
}

/* For between single quotes, as all three shells understand it, and free of @special. */
static void put_quoted(FILE *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(special, *text))
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
}

static void put_bash_argument(FILE *out, const struct command *command,
			      const struct command_option *option)
{
	const struct choice *choice = choice_of(command, option->argument);

	putc('\t', out);
	if (option->letter)
		fprintf(out, "%s:-%c | ", command->name, option->letter);
	fprintf(out, "%s:--%s) ", command->name, option->name);
	if (choice) {
		fprintf(out, "_imstrace_%s '", choice->list ? "list" : "words");
		put_values(out, choice);
		fputs("'; ", out);
	} else if (takes(option->argument, "FILE")) {
		fputs("_imstrace_files -f; ", out);
	} else if (takes(option->argument, "DIR")) {
		fputs("_imstrace_files -d; ", out);
	} else if (takes(option->argument, "PID")) {
		fputs("_imstrace_words \"$(cd /proc && echo [0-9]*)\"; ", out);
	}
	fputs("return ;;\n", out);
}

static void put_bash_options(FILE *out, const struct command *command,
			     const struct command_options *options)
{
	fprintf(out, "\t%s:-*) _imstrace_words '", command->name);
	for (size_t i = 0; i < options->count; i++) {
		const struct command_option *option = &options->list[i];

		if (option->letter)
			fprintf(out, "-%c ", option->letter);
		fprintf(out, "--%s%s", option->name, i + 1 < options->count ? " " : "");
	}
	fputs("' ;;\n", out);
	if (takes_directory(command))
		fprintf(out, "\t%s:*) _imstrace_files -d ;;\n", command->name);
	if (takes_command(command))
		fprintf(out, "\t%s:*) _imstrace_files -c -f ;;\n", command->name);
}

void write_bash(FILE *out)
{
	struct command_options options;

	fputs("# bash completion for imstrace\n\n"
	      "_imstrace_words()\n{\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n}\n\n"
	      "# Of a list with commas in between, the last one.\n"
	      "_imstrace_list()\n{\n"
	      "\tlocal before=''\n"
	      "\tcase $cur in *,*) before=${cur%,*}, ;; esac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
	      "\tcompopt -o nospace\n}\n\n"
	      "_imstrace_files()\n{\n"
	      "\tmapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\")\n"
	      "\tcompopt -o filenames\n}\n\n"
	      "_imstrace()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]}\n\n"
	      "\tCOMPREPLY=()\n"
	      "\t# --option=VALUE comes as three words.\n"
	      "\t[ \"$cur\" != '=' ] || cur=\n"
	      "\t[ \"$prev\" != '=' ] || prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\t_imstrace_words '", out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "%s ", commands[i]->name);
	fputs("--help --version'\n\t\treturn\n\tfi\n\n"
	      "\tcase $command:$prev in\n", out);
	for (size_t i = 0; commands[i]; i++) {
		options_of(commands[i], &options);
		for (size_t j = 0; j < options.count; j++)
			if (options.list[j].argument)
				put_bash_argument(out, commands[i], &options.list[j]);
	}
	fputs("\tesac\n\n\tcase $command:$cur in\n", out);
	for (size_t i = 0; commands[i]; i++) {
		options_of(commands[i], &options);
		put_bash_options(out, commands[i], &options);
	}
	fputs("\tesac\n}\n\ncomplete -F _imstrace imstrace\n", out);
}

static void put_zsh_argument(FILE *out, const struct command *command, const char *argument)
{
	const struct choice *choice = choice_of(command, argument);

	fprintf(out, ":%s:", argument);
	if (choice) {
		fputs(choice->list ? "_values -s , value " : "(", out);
		put_values(out, choice);
		fputs(choice->list ? "" : ")", out);
	} else if (takes(argument, "FILE")) {
		fputs("_files", out);
	} else if (takes(argument, "DIR")) {
		fputs("_files -/", out);
	} else if (takes(argument, "PID")) {
		fputs("_pids", out);
	}
}

/* @name with its dashes; what follows it: "-" the argument at once or not, "=" likewise. */
static void put_zsh_option(FILE *out, const struct command *command,
			   const struct command_option *option, const char *name,
			   const char *follows)
{
	fprintf(out, " \\\n\t\t\t'%s%s[", name, option->argument ? follows : "");
	put_quoted(out, option->text, "[]\\:");
	putc(']', out);
	if (option->argument)
		put_zsh_argument(out, command, option->argument);
	putc('\'', out);
}

static void put_zsh_command(FILE *out, const struct command *command)
{
	struct command_options options;
	char name[64];

	options_of(command, &options);
	fprintf(out, "\t%s)\n\t\t_arguments -s", command->name);
	for (size_t i = 0; i < options.count; i++) {
		const struct command_option *option = &options.list[i];

		if (option->letter) {
			snprintf(name, sizeof(name), "-%c", option->letter);
			put_zsh_option(out, command, option, name, "+");
		}
		snprintf(name, sizeof(name), "--%s", option->name);
		put_zsh_option(out, command, option, name, "=");
	}
	if (takes_directory(command))
		fputs(" \\\n\t\t\t'1:DIR:_files -/'", out);
	if (takes_command(command))
		fputs(" \\\n\t\t\t'*::COMMAND:_normal'", out);
	fputs(" ;;\n", out);
}

void write_zsh(FILE *out)
{
	fputs("#compdef imstrace\n\n"
	      "local context state state_descr line\n"
	      "local -a commands\n"
	      "typeset -A opt_args\n\n"
	      "commands=(\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "\t'%s:", commands[i]->name);
		put_quoted(out, commands[i]->what, ":\\");
		fputs("'\n", out);
	}
	fputs(")\n\n"
	      "_arguments -C \\\n"
	      "\t'(- *)'{-h,--help}'[list the commands]' \\\n"
	      "\t'(- *)'{-V,--version}'[the versions of imstrace and libbpf]' \\\n"
	      "\t'1:command:->command' '*::argument:->argument'\n\n"
	      "case $state in\n"
	      "command)\n\t_describe command commands ;;\n"
	      "argument)\n\tcase $words[1] in\n", out);
	for (size_t i = 0; commands[i]; i++)
		put_zsh_command(out, commands[i]);
	fputs("\tesac ;;\nesac\n", out);
}

static void put_fish_option(FILE *out, const struct command *command,
			    const struct command_option *option)
{
	const struct choice *choice = option->argument ? choice_of(command, option->argument) : NULL;

	fprintf(out, "complete -c imstrace -n '__fish_seen_subcommand_from %s'", command->name);
	if (option->letter)
		fprintf(out, " -s '%c'", option->letter);
	fprintf(out, " -l %s -d '", option->name);
	/* In fish's single quotes a backslash quotes. */
	for (const char *c = option->text; *c; c++)
		fprintf(out, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
	putc('\'', out);
	if (takes(option->argument, "FILE")) {
		fputs(" -r -F", out);
	} else if (option->argument) {
		fputs(" -x", out);
		if (takes(option->argument, "DIR"))
			fputs(" -a '(__fish_complete_directories (commandline -ct))'", out);
		else if (takes(option->argument, "PID"))
			fputs(" -a '(__fish_complete_pids)'", out);
	}
	if (choice) {
		fputs(choice->list ? " -a \"(__fish_complete_list , 'string split \\\" \\\" \\\"" :
		      " -a '", out);
		put_values(out, choice);
		fputs(choice->list ? "\\\"')\"" : "'", out);
	}
	putc('\n', out);
}

void write_fish(FILE *out)
{
	struct command_options options;

	fputs("# fish completion for imstrace\n\n"
	      "complete -c imstrace -f\n"
	      "complete -c imstrace -n __fish_use_subcommand -s h -l help -d 'List the commands'\n"
	      "complete -c imstrace -n __fish_use_subcommand -s V -l version"
	      " -d 'The versions of imstrace and libbpf'\n", out);
	for (size_t i = 0; commands[i]; i++) {
		const struct command *command = commands[i];

		fprintf(out, "\ncomplete -c imstrace -n __fish_use_subcommand -a %s -d '%s'\n",
			command->name, command->what);
		options_of(command, &options);
		for (size_t j = 0; j < options.count; j++)
			put_fish_option(out, command, &options.list[j]);
		if (takes_directory(command))
			fprintf(out, "complete -c imstrace -n '__fish_seen_subcommand_from %s'"
				" -a '(__fish_complete_directories (commandline -ct))'\n",
				command->name);
		if (takes_command(command))
			fprintf(out, "complete -c imstrace -n '__fish_seen_subcommand_from %s'"
				" -a '(__fish_complete_subcommand --fcs-skip=2)'\n",
				command->name);
	}
}
