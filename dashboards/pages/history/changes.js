// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { microseconds } from '../lib/format.js';
import { table } from '../lib/table.js';
import { chance, data, date, nameOf, percent, percentileText, short, withText } from './model.js';

/* A click shows its charts. */
export function changes(shared) {
	const rows = data.series.flatMap((series) => series.changes.map((change) => ({
		...change, series, made: data.summaries[change.summary],
	})));
	const columns = [
		{ key: 'revision', heading: 'Changed with', name: true, value: (row) => row.summary, text: (row) => short(row.made.name), full: (row) => row.made.name },
		{ key: 'date', heading: 'Measured', name: true, value: (row) => row.made.time, text: (row) => date(row.made) },
		{ key: 'devices', heading: 'Devices', name: true, value: (row) => nameOf(row.series) },
		{ key: 'stage', heading: 'Stage', name: true, value: (row) => row.series.stage },
		{ key: 'percentile', heading: '', name: true, value: (row) => row.series.percentile, text: (row) => percentileText(row.series.percentile) },
		{ key: 'before', heading: 'Before µs', value: (row) => row.before, text: (row) => microseconds(row.before) },
		{ key: 'after', heading: 'After µs', value: (row) => row.after, text: (row) => microseconds(row.after) },
		{ key: 'change', heading: 'By', value: (row) => row.change, text: (row) => percent(row.change), class: (row) => row.change > 0 && 'bad' },
		{ key: 'p', heading: 'P', title: 'The probability of such a difference if nothing had changed', value: (row) => row.p, text: (row) => chance(row.p) },
		...rows.some((row) => row.with.length) ? [{ key: 'with', heading: 'Together with', name: true, value: withText }] : [],
	];
	const shown = ({ series }) => nameOf(series) === shared.get('devices') && series.percentile === shared.get('percentile');

	return section('changes', 'Changes', rows.length ? table({
		caption: 'Changes', what: 'change', columns, rows, sort: ['revision', 1],
		onpick: ({ series }) => {
			shared.set('devices', nameOf(series));
			shared.set('percentile', series.percentile);
		},
		picked: shown,
	}).element : el('p', { class: 'empty' }, data.series.length ?
		'No change was found. Finding one takes at least three summaries of the same machine on each side.' :
		'Nothing can be judged: no summary has times of an interrupt.'));
}
