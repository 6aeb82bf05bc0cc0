// SPDX-License-Identifier: GPL-2.0-only
//
// Numbers and times as people read them. What is not known is n/a, never 0.

export const MISSING = 'n/a';

const grouped = new Intl.NumberFormat('en-GB');
const tenths = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const known = (value) => value !== null && value !== undefined;

export const count = (value) => known(value) ? grouped.format(value) : MISSING;

/* ns in us, to a tenth: as the tables of imstrace have it. */
export const microseconds = (ns) => known(ns) ? tenths.format(ns / 1000) : MISSING;

/* A Linux irq, a slot: a name that happens to be a number. */
export const number = (value) => known(value) ? String(value) : '–';

export const hex = (value) => known(value) ? `0x${value.toString(16)}` : '–';

/* Three digits, in the unit that suits. */
export function duration(ns) {
	if (!known(ns))
		return MISSING;
	for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]])
		if (Math.abs(ns) >= size * 0.9995)
			return `${Number((ns / size).toPrecision(3))} ${unit}`;
	return `${Math.round(ns)} ns`;
}

/* A time of the run, in s since its beginning. */
export const seconds = (ns, digits = 6) => `${(ns / 1e9).toFixed(digits)} s`;

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/* A name that is mostly digits, such as a UUID, in as little as tells it from its neighbours. */
export const short = (name) => name.length > 20 ? `${name.slice(0, 8)}…${name.slice(-4)}` : name;

/* The percentile of 1 / (1 - percentile). */
export function percentile(level) {
	const percent = 100 - 100 / level;
	const digits = Math.max(0, Math.ceil(Math.log10(level) - 1e-9) - 2) + 1;

	return `${Number(percent.toFixed(digits))} %`;
}
