// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: manual DIR
 *
 * Writes manual pages and completion scripts, made of the tables that --help is made of, into
 * DIR/man1, DIR/bash, DIR/zsh and DIR/fish, which must be there.
 */
#include "completion.h"
#include "man.h"

#include <err.h>

static const char *directory;

static FILE *create(const char *format, const char *name)
{
	char path[4096];
	FILE *out;
	int length = snprintf(path, sizeof(path), "%s/", directory);

	if (length < (int)sizeof(path))
		snprintf(path + length, sizeof(path) - length, format, name);
	out = fopen(path, "w");
	if (!out)
		err(1, "%s", path);
	return out;
}

static void finish(FILE *out)
{
	if (ferror(out) | fclose(out))
		err(1, "%s", directory);
}

static void write_file(const char *name, void (*write)(FILE *out))
{
	FILE *out = create("%s", name);

	write(out);
	finish(out);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: manual DIR");
	directory = argv[1];
	write_file("man1/imstrace.1", write_overview);
	for (size_t i = 0; commands[i]; i++) {
		FILE *out = create("man1/imstrace-%s.1", commands[i]->name);

		write_page(out, commands[i]);
		finish(out);
	}
	write_file("bash/imstrace", write_bash);
	write_file("zsh/_imstrace", write_zsh);
	write_file("fish/imstrace.fish", write_fish);
	return 0;
}
