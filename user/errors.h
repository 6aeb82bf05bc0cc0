/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit codes, and the one way to say what went wrong.
 */
#ifndef IMSTRACE_ERRORS_H
#define IMSTRACE_ERRORS_H

#include <stdbool.h>

enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,	/* something failed that should have worked */
	EXIT_USAGE = 2,		/* the command line is wrong */
	EXIT_MISSING = 3,	/* a privilege or a kernel feature is missing */
	EXIT_FOUND = 4,	/* what was looked for was found */
	EXIT_INCONCLUSIVE = 5,	/* no verdict: too little data, or loss */
};

/* From here on, errors are also written to stdout as {"type": "error"}. */
void errors_use_json(void);

/**
 * report_error - say what went wrong, and what to do about it
 * @code:	what the program is to exit with
 * @remedy:	what the reader can do, or NULL
 * @format:	one clear sentence, printf style, without a full stop
 *
 * Return: @code, so that a caller can say ``return report_error(...)``. Functions that
 * return an int are 0 on success and otherwise such a code, already reported.
 */
__attribute__((format(printf, 3, 4)))
enum exit_code report_error(enum exit_code code, const char *remedy, const char *format, ...);

/* Something the reader should know that does not stop the run. */
__attribute__((format(printf, 1, 2)))
void warning(const char *format, ...);

#endif /* IMSTRACE_ERRORS_H */
