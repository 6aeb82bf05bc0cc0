/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A subcommand. A new one is one new file here and one line in main.c's table.
 */
#ifndef IMSTRACE_COMMAND_H
#define IMSTRACE_COMMAND_H

/* @argv[0] is the name to show in messages. Return: an exit code. */
int command_record(int argc, char **argv);
int command_report(int argc, char **argv);
int command_script(int argc, char **argv);
int command_export(int argc, char **argv);
int command_live(int argc, char **argv);
int command_run(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_check(int argc, char **argv);

#endif /* IMSTRACE_COMMAND_H */
