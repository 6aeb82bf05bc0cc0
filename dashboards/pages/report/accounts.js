// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { count, duration, known, MISSING, plural } from '../lib/format.js';
import { data, vectors } from './model.js';

/* Of the vectors of which it is known. */
function sum(of) {
	const values = vectors.map(of).filter(known);

	return { value: values.length ? values.reduce((a, b) => a + b, 0) : null, vectors: values.length };
}

function partly({ vectors: some }) {
	return some && some < vectors.length ? `known for ${some} of ${plural(vectors.length, 'vector')}` : null;
}

function hopBox(hop) {
	const seen = sum((vector) => vector.hops[hop.name]);

	return el('li', null, el('b', null, hop.name), el('strong', null, count(seen.value)),
		el('small', null, hop.what), partly(seen) ? el('small', { class: 'partly' }, partly(seen)) : null);
}

/* What stands there also if there was none. */
const ALWAYS = ['coalesced', 'no_signal', 'lost'];

const words = (name) => name.replaceAll('_', ' ');

/* Each way in which interrupts have ended before their last hop, and those that have not ended. */
function endRows() {
	const ends = data.ends.map(({ name, what }) => [words(name), what, sum((vector) => vector.ends[name]), name]);

	return [...ends.filter(([, , of, name]) => of.value || ALWAYS.includes(name)),
		['in flight', 'pending or in the guest’s handler when the run ended', sum((vector) => vector.in_flight)]];
}

/* An INTx line that is masked for longer than any guest should need: as imstrace's tables have it. */
const LONG_MASKED = 1e9;

/* What is in no count of a hop or an end. */
function remarks() {
	const { time } = data.summary;
	const masked = vectors.filter((vector) => known(vector.masked_since) && time - vector.masked_since >= LONG_MASKED);
	const detours = sum((vector) => vector.detours).value;
	const again = vectors.filter((vector) => vector.still_up);

	return [
		...masked.map((vector) => el('li', { class: 'bad' }, el('b', null, 'Masked'), `: ${vector.device} for ` +
			`${duration(time - vector.masked_since)}. Its device can’t interrupt until the guest has ended the interrupt before.`)),
		...again.map((vector) => el('li', null, el('b', null, 'Still up'), `: ${vector.device} ${vector.vector} was ` +
			`delivered ${plural(vector.still_up, 'more time')}, because its line was still up.`)),
		detours ? el('li', null, el('b', null, 'Detour'), `: ${plural(detours, 'interrupt was', 'interrupts were')} read by the ` +
			'VMM, and sent on by an ioctl.') : null,
	].filter(Boolean);
}

/* Vectors that nothing has happened to, and the host’s irqs that their devices take. */
function neverFired() {
	const devices = data.summary.never_fired ?? [];

	return devices.length ? el('div', { class: 'scroll' }, el('table', { class: 'plain unused' },
		el('caption', null, 'Vectors that never fired'),
		el('thead', null, el('tr', null, ['Device', 'Vectors', 'Never fired', 'Host irqs'].map((name) =>
			el('th', { scope: 'col' }, name)))),
		el('tbody', null, devices.map((one) => el('tr', null, el('th', { scope: 'row' }, one.device),
			[one.vectors, one.never_fired, one.host_irqs].map((n) => el('td', null, count(n)))))))) : null;
}

export function accounts() {
	return section('accounts', 'Where interrupts went',
		el('ol', { class: 'hops' }, data.hops.map(hopBox)),
		el('div', { class: 'scroll' }, el('table', { class: 'ends' }, el('tbody', null, endRows().map(([name, what, of]) =>
			el('tr', { class: name === 'lost' && of.value ? 'bad' : null },
				el('th', { scope: 'row' }, name), el('td', null, count(of.value)),
				el('td', { class: 'name' }, what, partly(of) ? ` (${partly(of)})` : null)))))),
		neverFired(),
		remarks().length ? el('ul', { class: 'note remarks' }, remarks()) : null,
		data.missing.length ? el('ul', { class: 'note' }, data.missing.map((reason) =>
			el('li', null, el('b', null, `${MISSING}: ${reason.hops.join(', ')}`), `: ${reason.why}`))) : null);
}
