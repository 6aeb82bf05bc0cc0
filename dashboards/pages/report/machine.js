// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { data } from './model.js';

function plainTable(caption, headings, rows) {
	return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, el('table', { class: 'plain' },
		el('caption', null, caption),
		el('thead', null, el('tr', null, headings.map((heading) => el('th', { scope: 'col', class: 'name' }, heading)))),
		el('tbody', null, rows.map((cells) => el('tr', null, cells.map((cell, i) =>
			el(i ? 'td' : 'th', { scope: i ? null : 'row', class: 'name' }, cell)))))));
}

/* How each thing was seen, and why others were not. */
export function machine() {
	const { start, hops, features, host, recording } = data;

	return section('machine', 'Machine and attachments',
		plainTable('Machine', ['Property', 'Value'], [
			['Host', host || '–'], ['Kernel', start.kernel], ['imstrace', start.version],
			['Recording', recording ?? 'none: a live run'],
		]),
		plainTable('Hops', ['Hop', 'Seen by', 'Meaning'], hops.map((hop) => {
			const { attached, reason } = start.hops[hop.name];

			return [hop.name, attached ?? `not at all: ${reason}`, hop.what];
		})),
		features.length ? plainTable('Features, and how each was seen', ['Feature', 'Seen by', 'Verified', 'Tried before', 'Lost without it'],
			features.map((feature) => [feature.name, feature.attached ?? 'not at all', feature.verified ?? '–',
				feature.refused ?? '–', feature.lost ?? '–'])) : null);
}
