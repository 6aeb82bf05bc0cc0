// SPDX-License-Identifier: GPL-2.0-only
import { axis } from '../lib/chart.js';
import { el, legend, section } from '../lib/dom.js';
import { duration, hex, known, microseconds, number, seconds } from '../lib/format.js';
import { lanes } from '../lib/lanes.js';
import { table } from '../lib/table.js';
import { data, hops, sinceStart, stageColour, steps, threadName, vectorName } from './model.js';

/* Such a chart is for a glance; the table has them all. */
const MOST_LANES = 25;

/* But for enter, which is between the parts of a step. */
function passed(interrupt) {
	return hops.filter((hop) => hop !== 'enter' && known(interrupt.hops[hop])).map((hop) => [hop, interrupt.hops[hop]]);
}

/* From hop to hop; where one was not seen, the stages on both sides of it are one. */
function spans(interrupt) {
	const seen = passed(interrupt), begin = seen[0]?.[1];

	return seen.slice(1).map(([hop, time], i) => {
		const stage = steps.find((one) => one.from === seen[i][0] && one.to === hop && known(interrupt.stages[one.name]));

		return {
			from: seen[i][1] - begin, to: Math.max(seen[i][1], time) - begin,
			name: stage?.name ?? `${seen[i][0]} to ${hop}`,
			colour: stage ? stageColour(stage.name) : '--muted',
		};
	});
}

export function slowest() {
	const interrupts = (data.slowest?.interrupts ?? []).map((interrupt, i) => {
		const seen = passed(interrupt);

		return {
			...interrupt, rank: i + 1, spans: spans(interrupt), first: seen[0]?.[1] ?? null,
			took: seen.length ? seen.at(-1)[1] - seen[0][1] : null,
		};
	});

	if (!interrupts.length)
		return section('slowest', 'The slowest interrupts', el('p', { class: 'empty' },
			'No interrupt was recorded, or none was requested (--slowest).'));

	const plot = lanes({
		label: 'The slowest interrupts, stage by stage. Arrow keys move the cursor.',
		rows: () => interrupts.slice(0, MOST_LANES).map((interrupt) => ({
			label: `#${interrupt.rank}`, spans: interrupt.spans, interrupt,
		})),
		xAxis: () => axis({ size: 32, space: 80, values: (u, splits) => splits.map((ns) => ns ? duration(ns) : '0') }),
		describe: ({ interrupt, spans: of }) => [
			`#${interrupt.rank}  ${vectorName(interrupt)}  ${duration(interrupt.took)}`,
			...of.map((span) => `${span.name}  ${duration(span.to - span.from)}`),
		].join('\n'),
	});
	const us = (key, heading, value) => ({ key, heading, value, text: (i) => microseconds(value(i)) });
	const rows = table({
		caption: 'The slowest interrupts', what: 'interrupt', rows: interrupts, sort: ['rank', 1],
		columns: [
			{ key: 'rank', heading: '#', name: true, value: (i) => i.rank },
			{ key: 'device', heading: 'Device', name: true, value: (i) => i.device },
			{ key: 'vector', heading: 'Vec', value: (i) => i.vector },
			us('took', 'Took µs', (i) => i.took),
			...steps.map((stage) => us(stage.name, `${stage.name} µs`, (i) => i.stages[stage.name])),
			{ key: 'behind', heading: 'Ran instead', title: 'The thread behind which its vCPU waited longest', name: true,
				value: (i) => i.behind && threadName(i.behind) },
			{ key: 'end', heading: 'End', name: true, value: (i) => i.end },
			{ key: 'at', heading: 'Began at', value: (i) => i.first, text: (i) => seconds(sinceStart(i.first)) },
			{ key: 'cpu', heading: 'CPU', title: 'Host CPU that handled it', value: (i) => i.cpu, text: (i) => number(i.cpu) },
			{ key: 'vcpu', heading: 'vCPU', value: (i) => i.vcpu, text: (i) => number(i.vcpu) },
			{ key: 'guest_vector', heading: 'Guest vector', value: (i) => i.guest_vector, text: (i) => hex(i.guest_vector) },
			{ key: 'cause', heading: 'Cause', name: true, value: (i) => i.cause },
		],
	});

	return section('slowest', 'The slowest interrupts',
		legend(steps.map((stage) => [`${stage.name}: ${stage.from} → ${stage.to}`, stageColour(stage.name)])),
		plot.element, rows.element);
}
