// SPDX-License-Identifier: GPL-2.0-only
#include "errors.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

static bool use_json;

void errors_use_json(void)
{
	use_json = true;
}

static void write_json(enum exit_code code, const char *what, const char *remedy)
{
	json_t *object = json_pack("{s:s, s:i, s:s, s:s?}", "type", "error", "exit_code", code,
				   "message", what, "remedy", remedy);

	if (!object)
		return;
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

enum exit_code report_error(enum exit_code code, const char *remedy, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	/* Names from outside: JSON takes no other bytes, and a terminal obeys some. */
	for (char *c = what; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';

	/* The tables on stdout come first, as the reader saw them happen. */
	fflush(stdout);
	fprintf(stderr, "imstrace: %s.%s%s%s\n", what, remedy ? " " : "", remedy ? remedy : "",
		remedy ? "." : "");
	if (use_json)
		write_json(code, what, remedy);
	return code;
}

void warning(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("imstrace: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs(".\n", stderr);
}
