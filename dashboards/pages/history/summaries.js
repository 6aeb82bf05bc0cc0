// SPDX-License-Identifier: GPL-2.0-only
import { section } from '../lib/dom.js';
import { table } from '../lib/table.js';
import { data, date, machineOf } from './model.js';

const labels = (summary) => Object.entries(summary.labels).map(([key, value]) => `${key}=${value}`).join(' ');

export function summaries() {
	const rows = data.summaries.map((summary, i) => ({ ...summary, number: i + 1 }));

	return section('summaries', 'Summaries', table({
		caption: 'Summaries', what: 'measurement', rows, sort: ['number', 1],
		columns: [
			{ key: 'number', heading: 'No', value: (row) => row.number },
			{ key: 'name', heading: 'Revision', name: true, value: (row) => row.name },
			{ key: 'time', heading: 'Measured', name: true, value: (row) => row.time, text: date },
			{ key: 'runs', heading: 'Runs', value: (row) => row.runs },
			{ key: 'silent', heading: 'Without interrupt', value: (row) => row.silent_runs, class: (row) => row.silent_runs > 0 && 'bad' },
			{ key: 'host', heading: 'Host', name: true, value: (row) => row.host },
			{ key: 'kernel', heading: 'Kernel', name: true, value: (row) => row.kernel },
			{ key: 'cpu', heading: 'CPU', name: true, value: machineOf },
			{ key: 'labels', heading: 'Labels', name: true, value: labels },
		],
	}).element);
}
