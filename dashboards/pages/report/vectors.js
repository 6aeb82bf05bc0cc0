// SPDX-License-Identifier: GPL-2.0-only
import { choice, el, section } from '../lib/dom.js';
import { count, hex, microseconds, number } from '../lib/format.js';
import { table } from '../lib/table.js';
import { data, hops, stages, stageText, vectors, vmName } from './model.js';

const named = [
	{ key: 'device', heading: 'Device', name: true, value: (v) => v.device },
	{ key: 'vector', heading: 'Vec', title: 'Index in the MSI-X table; where there is no device, the gsi or the guest vector', value: (v) => v.vector, text: (v) => number(v.vector) },
];
const VM = { key: 'vm', heading: 'VM', name: true, title: 'What the VMM calls its VM, or else the VMM and its PID', value: vmName };
const MODE = { key: 'mode', heading: 'Mode', name: true, title: 'How its interrupts reach the guest', value: (v) => v.mode,
	text: (v) => v.mode ?? '–' };

const counted = (key, heading, title, value) => ({
	key, heading, title, value, text: (v) => count(value(v)),
	class: (v) => (key === 'lost' || key === 'unmatched') && value(v) ? 'bad' : null,
});

const FIGURES = [['min', 'Min'], ['mean', 'Mean'], ['p50', 'P50'], ['p90', 'P90'], ['p99', 'P99'],
	['p999', 'P99.9'], ['max', 'Max']];

function latency(stage) {
	const of = (v, key) => v.stages[stage]?.[key] ?? null;

	return [...named, VM, MODE,
		counted('count', 'Count', `Interrupts that passed ${stage}`, (v) => of(v, 'count')),
		...FIGURES.map(([key, heading]) => ({
			key, heading: `${heading} µs`, title: `${heading} of ${stage}, ${stageText(stage)}`,
			value: (v) => of(v, key),
			/* Of no value there is none; a stage that can't be measured is n/a. */
			text: (v) => v.stages[stage]?.count === 0 ? '–' : microseconds(of(v, key)),
		}))];
}

const accounts = [...named,
	...data.hops.map((hop) => counted(hop.name, hop.name, hop.what, (v) => v.hops[hop.name])),
	counted('coalesced', 'coalesced', 'Merged into one that the guest had not taken yet', (v) => v.coalesced),
	counted('unmatched', 'unmatched', 'Seen to end before their last hop', (v) => v.unmatched),
	counted('hardware', 'hardware', 'Delivered by the CPU itself (APICv, AVIC)', (v) => v.hardware),
	counted('lost', 'lost', 'Not followed to their end, or not streamed', (v) => v.lost),
	counted('in_flight', 'in flight', 'Still in flight when the run ended', (v) => v.in_flight)];

const plain = (key, heading, title, text = number) => ({
	key, heading, title, value: (v) => v[key], text: (v) => text(v[key]),
});

const identity = [...named,
	{ ...plain('source', 'Source', 'Where its interrupts come from', (source) => source ?? '–'), name: true }, MODE,
	plain('irq', 'irq', 'Linux irq'),
	plain('slot', 'Slot', 'Slot in the interrupt message store'),
	plain('pasid', 'PASID', null, hex),
	plain('eventfd_id', 'eventfd-id', 'As in /proc/PID/fdinfo'),
	plain('pid', 'PID', 'Process of the VMM'),
	{ ...plain('vmm', 'VMM', null), name: true },
	{ ...plain('guest', 'Guest', 'What the VMM calls its VM'), name: true },
	plain('guest_vector', 'Guest vector', 'Where there is no device: the x86 vector in the guest', hex),
	plain('vcpu', 'vCPU', 'Likewise the vCPU that it went to'),
	{ key: 'signallers', heading: 'Signalled by', name: true, title: 'Likewise the threads that signal it, as name/pid',
		value: (v) => v.signallers?.join(', ') ?? null, text: (v) => v.signallers?.join(', ') ?? '–' }];

export function vectorTable(shared) {
	const views = { latency: () => latency(shared.get('stage')), accounts: () => accounts, identity: () => identity };
	let view = 'latency', columnsOf = shared.get('stage');

	const rows = table({
		caption: 'Vectors', what: 'vector', rows: vectors, columns: views.latency(),
		onshown: (shown) => shared.set('shown', shown),
		picked: (vector) => shared.get('picked').has(vector.number),
		onpick(vector) {
			const picked = new Set(shared.get('picked'));

			if (!picked.delete(vector.number))
				picked.add(vector.number);
			shared.set('picked', picked);
		},
	});
	const stageChoice = el('div');
	const element = section('vectors', 'Vectors',
		el('div', { class: 'tools' },
			choice('Show', [
				{ value: 'latency', text: 'Latency' }, { value: 'accounts', text: 'Accounts' },
				{ value: 'identity', text: 'Identity' },
			], view, (chosen) => {
				view = chosen;
				stageChoice.hidden = view !== 'latency';
				rows.show(views[view]());
			}), stageChoice),
		rows.element,
		el('p', { class: 'note' }, 'Click a heading to sort. Click vectors to compare their percentiles above. ' +
			'n/a: it could not be measured; –: there is none.'));

	shared.watch('stage', (stage) => {
		/* The same choice as at the heatmap. */
		stageChoice.replaceChildren(choice('Stage', stages.map((name) => ({
			value: name, text: name, title: stageText(name),
		})), stage, (name) => shared.set('stage', name)));
		if (view === 'latency' && stage !== columnsOf)
			rows.show(views.latency());
		columnsOf = stage;
	});
	shared.watch('picked', () => rows.refresh());
	return element;
}
