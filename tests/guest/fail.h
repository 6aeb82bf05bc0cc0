/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ims-guest gives up: one message that names the cause and the remedy, and an
 * exit code. Nothing needs undoing first: the kernel unbinds every vector
 * when the process is gone.
 */
#ifndef IMS_GUEST_FAIL_H
#define IMS_GUEST_FAIL_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,	/* something went wrong while running */
	EXIT_USAGE = 2,		/* the command line makes no sense */
	EXIT_UNAVAILABLE = 3,	/* a privilege or a feature of this machine is missing */
};

void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

#endif /* IMS_GUEST_FAIL_H */
