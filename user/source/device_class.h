/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kind of device one is: what stays the same on another machine, and in the next run,
 * where its name doesn't.
 */
#ifndef IMSTRACE_SOURCE_DEVICE_CLASS_H
#define IMSTRACE_SOURCE_DEVICE_CLASS_H

#include <imstrace/records.h>
#include <stdbool.h>

/* The device of a vector that is called @name. Return: whether it is its INTx line. */
bool device_of_vector(char device[IMSTRACE_NAME_LEN], const char name[IMSTRACE_NAME_LEN]);

/*
 * Of a vector by the name of its device: "ims_sample-software", a mediated device's type, or "pci 8086:0953",
 * by sysfs, while the device is there. "": it isn't known. An INTx line is a class of its own, "pci 8086:0953:intx".
 */
void device_class(char result[IMSTRACE_NAME_LEN], const char name[IMSTRACE_NAME_LEN]);

#endif /* IMSTRACE_SOURCE_DEVICE_CLASS_H */
