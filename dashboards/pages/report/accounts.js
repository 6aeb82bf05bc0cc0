// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { count, known, MISSING, plural } from '../lib/format.js';
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

export function accounts() {
	return section('accounts', 'Where interrupts went',
		el('ol', { class: 'hops' }, data.hops.map(hopBox)),
		el('div', { class: 'scroll' }, el('table', { class: 'ends' }, el('tbody', null, endRows().map(([name, what, of]) =>
			el('tr', { class: name === 'lost' && of.value ? 'bad' : null },
				el('th', { scope: 'row' }, name), el('td', null, count(of.value)),
				el('td', { class: 'name' }, what, partly(of) ? ` (${partly(of)})` : null)))))),
		data.missing.length ? el('ul', { class: 'note' }, data.missing.map((reason) =>
			el('li', null, el('b', null, `${MISSING}: ${reason.hops.join(', ')}`), `: ${reason.why}`))) : null);
}
