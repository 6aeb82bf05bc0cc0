// SPDX-License-Identifier: GPL-2.0-only
import { el } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { themeButton } from '../lib/theme.js';
import { data, date, machines, percent, percentileText, short } from './model.js';

function tile(label, value, note, kind) {
	return el('div', { class: kind ? `tile ${kind}` : 'tile' }, el('dt', null, label),
		el('dd', null, value, note ? el('small', null, note) : null));
}

/* What takes no part in what is shown. */
function alerts({ summaries, skipped }) {
	const silent = summaries.filter((one) => one.silent_runs);

	return [
		...silent.map((one) => `No interrupt in ${one.silent_runs} of ${one.runs} runs of ${short(one.name)}, ${date(one)}.`),
		...skipped.map((why) => `Left out: ${why}.`),
	];
}

export function header() {
	const { summaries, series } = data;
	const all = series.flatMap((one) => one.changes.map((change) => ({ ...change, series: one })));
	const latest = all.reduce((last, change) => !last || change.summary > last.summary ? change : last, null);
	const worst = all.reduce((most, change) => !most || change.change > most.change ? change : most, null);
	const missing = alerts(data);
	const what = ({ series: one }) => `${one.stage} ${percentileText(one.percentile)}`;

	return el('header', null,
		el('div', { class: 'title' },
			el('h1', null, 'Interrupt latency', el('span', null, ' over time')), themeButton()),
		el('p', { class: 'what' }, `${count(summaries.length)} summaries of imstrace run, ${date(summaries[0])} to ` +
			`${date(summaries.at(-1))} UTC, ${machines.length > 1 ? `${machines.length} machines: ` : ''}${machines.join(', ')}. ` +
			`imstrace ${data.version}.`),
		missing.length ? el('div', { class: 'alert', role: 'alert' }, el('h2', null, 'Not all could be judged'),
			el('ul', null, missing.map((text) => el('li', null, text)))) : null,
		el('dl', { class: 'tiles' },
			tile('Summaries', count(summaries.length), `${count(summaries.reduce((sum, one) => sum + one.runs, 0))} runs`),
			tile('Changes', count(all.length), all.length ? `at ${count(new Set(all.map((one) => one.summary)).size)} of the summaries` :
				series.length ? 'none was found' : 'nothing to judge'),
			latest ? tile('Latest change', percent(latest.change), `${what(latest)}, ${short(summaries[latest.summary].name)}`) : null,
			worst && worst.change > 0 ? tile('Largest rise', percent(worst.change),
				`${what(worst)}, ${short(summaries[worst.summary].name)}`, 'bad') : null));
}
