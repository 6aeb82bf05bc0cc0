// SPDX-License-Identifier: GPL-2.0-only
import { el } from '../lib/dom.js';
import { count, duration, microseconds, plural, seconds } from '../lib/format.js';
import { themeButton } from '../lib/theme.js';
import { allFigures, clock, data, defaultStage, interruptsOf, sinceStart, vectors } from './model.js';

function tile(label, value, note, kind) {
	return el('div', { class: kind ? `tile ${kind}` : 'tile' }, el('dt', null, label),
		el('dd', null, value, note ? el('small', null, note) : null));
}

const distinct = (of) => new Set(vectors.map(of)).size;

/* Everything that the run has not seen, in words; empty: it has seen all. */
function losses() {
	const { lost, cut_off: cuts = [] } = data.summary;
	const said = {
		interrupts: 'counted in all figures, but missing from the heatmap and from the slowest',
		lifecycle: 'steps in the lives of vectors that were not recorded',
		vectors: 'not followed, because there was no room for more',
		runs: 'runs of BPF programs that the kernel skipped: hops may be missing',
		guests: 'interrupts that were not followed into their guests, because there was no room for their vCPUs ' +
			'(--max-vectors)',
		values: 'latencies that found no histogram bucket: counted, but without percentiles',
	};

	return [
		...cuts.map(({ file, byte, time, why }) => el('li', null, el('strong', null, 'Cut off'),
			`: ${file} can be read up to ${seconds(sinceStart(time))} ` +
			`(${clock(sinceStart(time)).toLocaleTimeString('en-GB')}), byte ${count(byte)}: ${why}`)),
		...Object.entries(lost).filter(([, n]) => n).map(([what, n]) =>
			el('li', null, el('strong', null, `${count(n)} ${what}`), `: ${said[what] ?? 'lost'}`)),
	];
}

/* The wall clock was set in the meantime. */
function clockSets() {
	let before = data.start;

	return (data.summary.clock_set ?? []).map((set) => {
		const moved = set.to_wall_clock - before.to_wall_clock;

		before = set;
		return el('p', { class: 'what' }, `The wall clock moved by ${moved > 0 ? '+' : ''}${seconds(moved, 3)}, to ` +
			`${clock(sinceStart(set.time)).toLocaleTimeString('en-GB')}: it was set, or the host slept.`);
	});
}

export function header() {
	const { summary, start } = data;
	const figures = allFigures(defaultStage);
	const lost = losses();
	const total = vectors.reduce((sum, vector) => sum + interruptsOf(vector), 0);
	const dropped = vectors.reduce((sum, vector) => sum + vector.lost, 0);
	const percentiles = figures?.count && figures.p50 !== null;

	return el('header', null,
		el('div', { class: 'title' },
			el('h1', null, 'Interrupt latency', el('span', null, ` of ${data.host || 'this host'}`)),
			themeButton()),
		el('p', { class: 'what' },
			`${data.recording ? `Recording ${data.recording}` : 'A live run'}, `,
			el('time', { datetime: clock(0).toISOString() },
				clock(0).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })),
			`, ${seconds(summary.duration, 2)}. Linux ${start.kernel}, imstrace ${start.version}.`),
		clockSets(),
		lost.length ? el('div', { class: 'alert', role: 'alert' },
			el('h2', null, '⚠ Not everything was seen'), el('ul', null, lost)) : null,
		el('dl', { class: 'tiles' },
			tile('Interrupts', count(total), `of ${plural(vectors.length, 'vector')}`),
			tile('Devices', count(distinct((v) => v.device)), `of ${plural(distinct((v) => v.pid), 'VM')}`),
			tile(`P50 ${defaultStage}`, percentiles ? duration(figures.p50) : 'n/a'),
			tile(`P99 ${defaultStage}`, percentiles ? duration(figures.p99) : 'n/a'),
			tile(`Slowest ${defaultStage}`, figures?.count ? duration(figures.max) : 'n/a',
				figures?.count ? `${microseconds(figures.max)} µs` : null),
			tile('Lost', count(dropped), lost.length ? 'and more: see above' :
				dropped ? 'not followed to their end' :
					total ? 'everything was followed' : 'there was nothing to follow',
			dropped || lost.length ? 'bad' : total ? 'good' : null)));
}

/* Where to jump to. */
export function contents(sections) {
	return el('nav', { 'aria-label': 'Contents' }, el('ul', null, sections.map((one) =>
		el('li', null, el('a', { href: `#${one.id}` }, one.querySelector('h2').textContent)))));
}
