// SPDX-License-Identifier: GPL-2.0-only
/* Messages on stderr, and the end of the program. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

static void complain_list(const char *format, va_list args)
{
	flockfile(stderr);
	fputs("ims-guest: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain_list(format, args);
	va_end(args);
}

void fail(enum exit_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain_list(format, args);
	va_end(args);
	exit(code);
}
