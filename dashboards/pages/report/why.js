// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { count, microseconds, plural } from '../lib/format.js';
import { table } from '../lib/table.js';
import { data, threadName } from './model.js';

const percent = (share) => `${(100 * share).toFixed(1)} %`;

const scheduling = (thread) => thread.pid === 0 ? 'idle CPUs' :
	`${thread.policy ?? '?'} ${thread.priority ?? `nice ${thread.nice}`}`;

function threads(why) {
	const all = why.behind.reduce((sum, thread) => sum + thread.ns, 0);

	return why.behind.length ? table({
		caption: 'Who ran instead of vCPUs', what: 'thread', rows: why.behind, sort: ['ns', -1],
		columns: [
			{ key: 'thread', heading: 'Ran instead', name: true, value: threadName },
			{ key: 'scheduling', heading: 'Scheduling', name: true, value: scheduling },
			{ key: 'count', heading: 'Interrupts', value: (t) => t.count, text: (t) => count(t.count) },
			{ key: 'ns', heading: 'Time µs', value: (t) => t.ns, text: (t) => microseconds(t.ns) },
			{ key: 'share', heading: 'Share', value: (t) => t.ns, text: (t) => percent(t.ns / all) },
		],
	}).element : null;
}

export function why() {
	const why = data.why;

	if (!why?.slow)
		return section('why', 'Why they are slow', el('p', { class: 'empty' }, 'No interrupt was recorded.'));
	const causes = data.causes.map((cause) => ({ ...cause, ...why.causes[cause.name] })).filter((cause) => cause.ns);

	return section('why', 'Why they are slow',
		el('p', null, `The slowest ${plural(why.slow, 'interrupt')} of ${count(why.interrupts)} took ` +
			`${microseconds(why.over)} µs or longer, from their first hop to their last. Where their time went:`),
		table({
			caption: 'Causes', what: 'cause', rows: causes, sort: ['ns', -1],
			columns: [
				{ key: 'name', heading: 'Cause', name: true, value: (c) => c.name },
				{ key: 'share', heading: 'Share', value: (c) => c.ns, text: (c) => percent(c.ns / why.ns) },
				{ key: 'ns', heading: 'Time µs', value: (c) => c.ns, text: (c) => microseconds(c.ns) },
				{ key: 'max', heading: 'Most µs', value: (c) => c.max, text: (c) => microseconds(c.max) },
				{ key: 'count', heading: 'Interrupts', value: (c) => c.count, text: (c) => count(c.count) },
				{ key: 'what', heading: 'What it is', name: true, class: () => 'sentence', value: (c) => `${c.what}.` },
				{ key: 'remedy', heading: 'What to do', name: true, class: () => 'sentence', value: (c) => `${c.remedy}.` },
			],
		}).element, threads(why));
}
