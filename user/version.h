/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_VERSION_H
#define IMSTRACE_VERSION_H

#define IMSTRACE_VERSION	"0.1"

/* Of what --json writes: docs/schema/imstrace-<this>.json. */
#define IMSTRACE_SCHEMA		1

#endif /* IMSTRACE_VERSION_H */
