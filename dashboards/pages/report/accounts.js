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

const ENDS = [
	['coalesced', 'Coalesced', 'merged into one that the guest had not taken yet: it sees one for both'],
	['unmatched', 'Unmatched', 'seen to end before their last hop: a handler that signalled nothing, a vCPU that was reset…'],
	['hardware', 'By the CPU', 'delivered by APICv or AVIC: KVM sees neither injection nor EOI'],
	['in_flight', 'In flight', 'pending or in the guest’s handler when the run ended'],
	['lost', 'Lost', 'not followed to their end, or counted but not streamed, because there was no space'],
];

export function accounts() {
	return section('accounts', 'Where interrupts went',
		el('ol', { class: 'hops' }, data.hops.map(hopBox)),
		el('div', { class: 'scroll' }, el('table', { class: 'ends' }, el('tbody', null, ENDS.map(([key, name, what]) => {
			const of = sum((vector) => vector[key]);

			return el('tr', { class: key === 'lost' && of.value ? 'bad' : null },
				el('th', { scope: 'row' }, name), el('td', null, count(of.value)),
				el('td', { class: 'name' }, what, partly(of) ? ` (${partly(of)})` : null));
		})))),
		data.missing.length ? el('ul', { class: 'note' }, data.missing.map((reason) =>
			el('li', null, el('b', null, `${MISSING}: ${reason.hops.join(', ')}`), `: ${reason.why}`))) : null);
}
