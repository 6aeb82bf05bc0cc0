/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_SOURCE_PRIVILEGES_H
#define IMSTRACE_SOURCE_PRIVILEGES_H

/*
 * Nothing that is done from here on needs a privilege, nor the files of root. Return: 0 or an exit
 * code, reported.
 */
int drop_privileges(void);

#endif /* IMSTRACE_SOURCE_PRIVILEGES_H */
