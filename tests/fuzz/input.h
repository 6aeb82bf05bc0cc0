/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An input of the fuzzer: the files of a recording, one after the other, with a line between
 * them. A line, not lengths: what is inserted or taken out does not shift the rest.
 */
#ifndef IMSTRACE_TESTS_FUZZ_INPUT_H
#define IMSTRACE_TESTS_FUZZ_INPUT_H

#define INPUT_LINE	"\n=NEXT=\n"

static const char *const input_files[] = { "metadata", "lifecycle", "interrupts" };

#define INPUT_FILES	(sizeof(input_files) / sizeof(input_files[0]))

#endif /* IMSTRACE_TESTS_FUZZ_INPUT_H */
