// SPDX-License-Identifier: GPL-2.0-only
import { timeAxis } from '../lib/chart.js';
import { el, legend, section } from '../lib/dom.js';
import { count, hex, known, number, plural, seconds } from '../lib/format.js';
import { lanes } from '../lib/lanes.js';
import { table } from '../lib/table.js';
import { data, sinceStart, vectorName, vectors } from './model.js';

const MOST_LANES = 40;
const { names, changes, left_out: leftOut, steps, seen, counts } = data.lives;
const WORDS = { slot: 'has a slot', requested: 'irq requested', bound: 'bound to an eventfd', posted: 'posted by the IOMMU' };
const lifeColour = (life) => `--life-${life}`;

/* From each change of a vector's state to the next, in s. */
function spans(vector) {
	const list = changes[vector.number] ?? [], end = data.summary.duration / 1e9, all = [];

	for (let i = 0; i < list.length; i += 2) {
		const to = i + 2 < list.length ? list[i + 2] / 1e6 : end;

		if (list[i + 1])
			all.push({ from: list[i] / 1e6, to: Math.max(to, list[i] / 1e6), life: list[i + 1],
				colour: lifeColour(list[i + 1]) });
	}
	return all;
}

const detail = (step) => [
	known(step.vectors) ? plural(step.vectors, 'vector') : null,
	known(step.address) ? `address ${hex(step.address)} data ${hex(step.data)}` : null,
	known(step.new_ctrl) ? `control ${hex(step.old_ctrl)} → ${hex(step.new_ctrl)}` : null,
	known(step.guest_vector) ? `guest vector ${hex(step.guest_vector)}` : null,
	known(step.hop) ? `an interrupt out of order, at ${step.hop}` : null,
	known(step.eventfd_id) ? `eventfd-id ${step.eventfd_id}` : null,
	step.ret < 0 ? `failed: errno ${-step.ret}` : null,
].filter(Boolean).join(', ');

export function lifecycle(shared) {
	if (!seen)
		return section('lifecycle', 'Lives of the vectors', el('p', { class: 'empty' },
			'No step of a vector’s life was seen.'));

	const shown = () => shared.get('shown').slice(0, MOST_LANES);
	const note = el('p', { class: 'note' });
	const plot = lanes({
		label: 'The state of each vector over time. Arrow keys move the cursor.',
		rows: () => shown().map((vector) => ({ label: vectorName(vector), spans: spans(vector) })),
		xAxis: timeAxis,
		describe: (row, span, x) => [row.label, span ?
			`${WORDS[names[span.life]]}, from ${span.from.toFixed(6)} to ${span.to.toFixed(6)} s` :
			`nothing known, at ${x.toFixed(3)} s`].join('\n'),
	});
	const failures = Object.values(counts).reduce((sum, [, failed]) => sum + failed, 0);
	const rows = table({
		caption: 'Steps in the lives of vectors', what: 'step', rows: steps, sort: ['time', 1],
		columns: [
			{ key: 'time', heading: 'Time', name: true, value: (s) => s.time, text: (s) => seconds(sinceStart(s.time)) },
			{ key: 'event', heading: 'Step', name: true, value: (s) => s.event },
			{ key: 'device', heading: 'Device', name: true, value: (s) => s.device },
			{ key: 'vector', heading: 'Vec', value: (s) => s.vector, text: (s) => number(s.vector) },
			{ key: 'irq', heading: 'irq', value: (s) => s.irq, text: (s) => number(s.irq) },
			{ key: 'slot', heading: 'Slot', value: (s) => s.slot, text: (s) => number(s.slot) },
			{ key: 'pasid', heading: 'PASID', value: (s) => s.pasid, text: (s) => hex(s.pasid) },
			{ key: 'detail', heading: 'Detail', name: true, value: detail, class: (s) => s.ret < 0 ? 'bad' : null },
		],
	});

	shared.watch('shown', (list) => {
		note.textContent = (list.length > MOST_LANES ?
			`The first ${MOST_LANES} of ${plural(list.length, 'vector')}, in the order of the table above: filter it to see others. ` :
			'These are the vectors of the table above, in its order. ') +
			(leftOut ? `${count(leftOut)} changes of state had no room and are not drawn. ` : '');
		plot.redraw();
	});
	return section('lifecycle', 'Lives of the vectors',
		legend(names.flatMap((name, life) => life ? [[WORDS[name] ?? name, lifeColour(life)]] : [])),
		plot.element, note,
		el('details', null,
			el('summary', null, `${plural(seen, 'step')}` +
				(seen > steps.length ? `, of which the first and the last ${steps.length / 2}` : '') +
				(failures ? `; ${count(failures)} failed` : '; none failed')),
			rows.element));
}
