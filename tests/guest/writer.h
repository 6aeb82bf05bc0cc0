/* SPDX-License-Identifier: GPL-2.0-only */
/* Who signals eventfds by write(): the calling thread, or a process of its own. */
#ifndef IMS_GUEST_WRITER_H
#define IMS_GUEST_WRITER_H

#include <sys/types.h>

struct writer {
	pid_t pid;	/* 0: it has not been started */
	int socket;	/* numbers of eventfds to it, and errnos from it */
};

#define WRITER_NAME	"ims-writer"

/* After the eventfds have been made: it inherits them. Ends the program on an error. */
void writer_start(struct writer *writer);
void writer_end(struct writer *writer);

/* Return: 0 or a negative errno. */
int writer_signal(int eventfd);
/* The same, by the process. */
int writer_ask(const struct writer *writer, int eventfd);

#endif /* IMS_GUEST_WRITER_H */
