// SPDX-License-Identifier: GPL-2.0-only
//
// What the parts of a page share: each says what it has changed, and hears what others have.

export function store(initial) {
	const values = { ...initial }, listeners = {};

	return {
		get: (key) => values[key],
		set(key, value) {
			values[key] = value;
			for (const listener of listeners[key] ?? [])
				listener(value);
		},
		/* Called at once, and whenever it changes. */
		watch(key, listener) {
			(listeners[key] ??= []).push(listener);
			listener(values[key]);
		},
	};
}
