/* SPDX-License-Identifier: GPL-2.0-only */
/* cmocka, with what it needs before it. */
#ifndef KERNEL_TEST_CM_H
#define KERNEL_TEST_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif /* KERNEL_TEST_CM_H */
