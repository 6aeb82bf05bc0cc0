/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The groups of end-to-end tests, in the order in which they must run: each
 * loads more than the one before. Return: number of failed tests.
 */
#ifndef IMSTRACE_E2E_GROUPS_H
#define IMSTRACE_E2E_GROUPS_H

int run_errors(void);
int run_ladder(void);
int run_library(void);
int run_live(void);
int run_forecast(void);
int run_options(void);
int run_processes(void);
int run_accounts(void);
int run_irqfds(void);
int run_vcpus(void);
int run_accuracy(void);
int run_parts(void);
int run_why(void);
int run_lint(void);
int run_recording(void);
int run_runs(void);
int run_edu(void);

#endif /* IMSTRACE_E2E_GROUPS_H */
