// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manual pages in man(7), out of what --help says. Its text after the options is made of
 * blocks with an empty line between them. A block is either a paragraph, or begins with its
 * heading in capitals: "EXIT STATUS  0 ok, …", or a line of its own before an indented table.
 */
#include "man.h"

#include "../../user/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Nothing in @text is taken for a request or an escape; a '-' can be copied as it is. */
static void put(FILE *out, const char *text, size_t length)
{
	bool line_begins = true;

	for (size_t i = 0; i < length && text[i]; i++) {
		if (line_begins && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		line_begins = text[i] == '\n';
		switch (text[i]) {
		case '\\':
			fputs("\\e", out);
			break;
		case '-':
			fputs("\\-", out);
			break;
		case '\'':
			fputs("\\(aq", out);
			break;
		case '`':
			fputs("\\(ga", out);
			break;
		case '^':
			fputs("\\(ha", out);
			break;
		case '~':
			fputs("\\(ti", out);
			break;
		default:
			putc(text[i], out);
		}
	}
}

static void put_string(FILE *out, const char *text)
{
	put(out, text, strlen(text));
}

static void put_title(FILE *out, const char *command)
{
	fputs(".TH IMSTRACE", out);
	if (command)
		putc('-', out);
	for (; command && *command; command++)
		putc(toupper(*command), out);
	/* No hyphens in names of files and commands. */
	fputs(" 1 \"\" \"imstrace " IMSTRACE_VERSION "\" \"User Commands\"\n.nh\n.ad l\n", out);
}

static void put_paragraphs(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		size_t end = i;

		while (end < length && text[end] != '\n')
			end++;
		put(out, text + i, end - i);
		putc('\n', out);
		if (end + 1 < length && text[end + 1] == '\n') {
			fputs(".PP\n", out);
			end++;
		}
		i = end;
	}
}

static void put_option(FILE *out, const struct command_option *option)
{
	const char *separator = "";

	fputs(".TP\n", out);
	if (option->letter) {
		fputs("\\fB\\-", out);
		putc(option->letter, out);
		fputs("\\fR", out);
		if (option->argument)
			fprintf(out, " \\fI%s\\fR", option->argument);
		separator = ", ";
	}
	fprintf(out, "%s\\fB\\-\\-", separator);
	put_string(out, option->name);
	fputs("\\fR", out);
	if (option->argument)
		fprintf(out, "=\\fI%s\\fR", option->argument);
	putc('\n', out);
	put_string(out, option->text);
	fputs(".\n", out);
}

static void put_options(FILE *out, const struct command_options *options)
{
	int group = -1;

	fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; i < options->count; i++) {
		const struct command_option *option = &options->list[i];
		const char *heading = options->headings[option->group];

		if (option->group != group && heading) {
			fputs(".SS ", out);
			/* Its colon is for the list below it. */
			put(out, heading, strcspn(heading, ":"));
			putc('\n', out);
		}
		group = option->group;
		put_option(out, option);
	}
}

/* How many characters of a block are its heading; 0: it has none. */
static size_t heading_length(const char *block)
{
	size_t words = strspn(block, "ABCDEFGHIJKLMNOPQRSTUVWXYZ "), length = strcspn(block, "\n");

	if (words < 3)
		return 0;
	if (block[words] == '\n' || block[words] == ',')
		return length;
	/* "EXIT STATUS  0 ok": two blanks end it. */
	for (length = 0; length + 1 < words; length++)
		if (block[length] == ' ' && block[length + 1] == ' ')
			return length;
	return 0;
}

/* A line "  word   text", and deeper ones that go on with it. */
static void put_table(FILE *out, const char *block, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t line = strcspn(block + i, "\n"), indent = strspn(block + i, " ");
		const char *text = block + i + indent;
		size_t word = strcspn(text, " \n");

		if (indent == 2) {
			fputs(".TP\n\\fB", out);
			put(out, text, word);
			fputs("\\fR\n", out);
			text += word;
			text += strspn(text, " ");
		}
		if (text < block + i + line) {
			put(out, text, block + i + line - text);
			putc('\n', out);
		}
		i += line + 1;
	}
}

static void put_lines(FILE *out, const char *block, size_t length)
{
	fputs(".nf\n", out);
	for (size_t i = 0; i < length;) {
		size_t line = strcspn(block + i, "\n"), indent = strspn(block + i, " ");

		put(out, block + i + indent, line - indent);
		putc('\n', out);
		i += line + 1;
	}
	fputs(".fi\n", out);
}

static size_t block_length(const char *block)
{
	const char *end = strstr(block, "\n\n");

	return end ? (size_t)(end - block) : strlen(block);
}

static void put_block(FILE *out, const char *block, size_t heading)
{
	size_t length = block_length(block), from = heading;

	fputs(".SH ", out);
	put(out, block, heading);
	putc('\n', out);
	while (from < length && (block[from] == ' ' || block[from] == '\n') && block[heading] == ' ')
		from++;
	if (block[heading] == '\n')
		from++;
	if (!strncmp(block, "EXAMPLES", heading))
		put_lines(out, block + from, length - from);
	else if (block[from] == ' ')
		put_table(out, block + from, length - from);
	else
		put_paragraphs(out, block + from, length - from);
}

enum kind { TABLES, NOTES, STATUS, EXAMPLES, KINDS };

static enum kind kind_of(const char *block, size_t heading)
{
	if (!heading)
		return NOTES;
	if (!strncmp(block, "EXAMPLES", heading))
		return EXAMPLES;
	return strncmp(block, "EXIT STATUS", heading) ? TABLES : STATUS;
}

/* In the order in which pages have them: see man-pages(7). */
static void put_text(FILE *out, const char *text)
{
	bool notes = false;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		for (const char *block = text; *block; block += strspn(block, "\n")) {
			size_t heading = heading_length(block), length = block_length(block);

			if (kind_of(block, heading) != kind) {
				block += length;
				continue;
			}
			if (heading) {
				put_block(out, block, heading);
			} else {
				fputs(notes ? ".PP\n" : ".SH NOTES\n", out);
				put_paragraphs(out, block, length);
				notes = true;
			}
			block += length;
		}
	}
}

static void put_see_also(FILE *out, const struct command *not_this)
{
	const char *separator = "";

	fputs(".SH SEE ALSO\n", out);
	if (not_this) {
		fputs(".BR imstrace (1)", out);
		separator = ",\n";
	}
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i] == not_this)
			continue;
		fprintf(out, "%s.BR imstrace\\-%s (1)", separator, commands[i]->name);
		separator = ",\n";
	}
	putc('\n', out);
}

void write_page(FILE *out, const struct command *command)
{
	const char *doc = command->doc;
	char *text = help_after_options(command);
	struct command_options options;

	options_of(command, &options);
	put_title(out, command->name);
	fprintf(out, ".SH NAME\nimstrace\\-%s \\- ", command->name);
	put_string(out, command->what);
	fprintf(out, "\n.SH SYNOPSIS\n.B imstrace %s\n[\\fIOPTION\\fR...]", command->name);
	if (command->args_doc) {
		fputs(" \\fI", out);
		put_string(out, command->args_doc);
		fputs("\\fR", out);
	}
	fputs("\n.SH DESCRIPTION\n", out);
	put_paragraphs(out, doc, strcspn(doc, "\v"));
	put_options(out, &options);
	if (text)
		put_text(out, text);
	put_see_also(out, command);
	free(text);
}

void write_overview(FILE *out)
{
	put_title(out, NULL);
	fputs(".SH NAME\nimstrace \\- follow the interrupts of virtual devices from host to guest\n"
	      ".SH SYNOPSIS\n.B imstrace\n\\fICOMMAND\\fR [\\fIOPTION\\fR...]\n"
	      ".br\n.B imstrace\n\\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n"
	      ".SH DESCRIPTION\n", out);
	put_paragraphs(out, about_imstrace, strlen(about_imstrace));
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, ".TP\n.BR imstrace\\-%s (1)\n", commands[i]->name);
		put_string(out, commands[i]->what);
		putc('\n', out);
	}
	fputs(".SH OPTIONS\n"
	      ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nList the commands.\n"
	      ".TP\n\\fB\\-V\\fR, \\fB\\-\\-version\\fR\n"
	      "The versions of imstrace and libbpf.\n", out);
	put_see_also(out, NULL);
}
