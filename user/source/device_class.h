/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kind of device one is: what stays the same on another machine, and in the next run,
 * where its name doesn't.
 */
#ifndef IMSTRACE_SOURCE_DEVICE_CLASS_H
#define IMSTRACE_SOURCE_DEVICE_CLASS_H

#include <imstrace/records.h>

/*
 * "ims_sample-software", a mediated device's type, or "pci 8086:0953", by sysfs, while the
 * device is there. "": it isn't known.
 */
void device_class(char result[IMSTRACE_NAME_LEN], const char device[IMSTRACE_NAME_LEN]);

#endif /* IMSTRACE_SOURCE_DEVICE_CLASS_H */
