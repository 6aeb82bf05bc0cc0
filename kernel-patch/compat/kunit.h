/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KUnit as a module for a kernel which is built without it, as Debian's are: see
 * kernel-patch/build-kunit. This is included in front of KUnit's own sources and
 * of the test suites.
 *
 * struct module and struct task_struct have no members for KUnit there. So the
 * headers which define them come first, with KUnit off; suites start from the
 * init function of their module; and which test a thread belongs to is in a member
 * which no thread of KUnit's has another use for.
 */
#ifndef _IMS_COMPAT_KUNIT_H
#define _IMS_COMPAT_KUNIT_H

#include <linux/module.h>
#include <linux/sched.h>

#define CONFIG_KUNIT_MODULE		1
#define CONFIG_KUNIT_DEFAULT_ENABLED	1

struct kunit;

#define kunit_test			journal_info

#ifdef IMS_KUNIT_CORE

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#include <linux/device.h>
#include <linux/kthread.h>

/* Not exported. */
#define kthread_exit(code)		kthread_complete_and_exit(NULL, code)
#define device_is_bound(dev)		((dev)->driver != NULL)
#endif

/* No notifier which looks for suites in a struct module. */
#undef CONFIG_MODULES

#else

#include <kunit/test.h>

#undef kunit_test_suites
#define kunit_test_suites(...)						\
	static struct kunit_suite *ims_kunit_suites[] = { __VA_ARGS__ };\
									\
	static int __init ims_kunit_init(void)				\
	{								\
		return __kunit_test_suites_init(ims_kunit_suites,	\
						ARRAY_SIZE(ims_kunit_suites)); \
	}								\
	module_init(ims_kunit_init);					\
									\
	static void __exit ims_kunit_exit(void)				\
	{								\
		__kunit_test_suites_exit(ims_kunit_suites,		\
					 ARRAY_SIZE(ims_kunit_suites));	\
	}								\
	module_exit(ims_kunit_exit)

#endif /* IMS_KUNIT_CORE */

#endif /* _IMS_COMPAT_KUNIT_H */
