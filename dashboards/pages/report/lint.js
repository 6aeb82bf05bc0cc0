// SPDX-License-Identifier: GPL-2.0-only
import { el, section } from '../lib/dom.js';
import { count, number, plural, seconds } from '../lib/format.js';
import { table } from '../lib/table.js';
import { data, sinceStart } from './model.js';

const VERDICTS = {
	clean: ['✓', 'good', 'No defect was found'],
	found: ['✗', 'bad', 'Defects were found'],
	inconclusive: ['?', 'doubt', 'No verdict: no defect was found, but steps were missed, or none was seen'],
};

export function lint() {
	const { verdict, findings, steps, lost } = data.lint;
	const [sign, kind, words] = VERDICTS[verdict] ?? ['?', 'doubt', verdict];
	const missed = lost.lifecycle || lost.vectors ?
		` ${count(lost.lifecycle)} steps were lost and ${count(lost.vectors)} vectors not followed.` : '';

	return section('lint', 'Lint',
		el('p', { class: `verdict ${kind}` }, el('b', { 'aria-hidden': 'true' }, sign),
			`${words}. ${plural(steps, 'step')} in the lives of the vectors ${steps === 1 ? 'was' : 'were'} judged.${missed}`),
		findings.length ? table({
			caption: 'Findings', what: 'finding', rows: findings, sort: ['first', 1],
			columns: [
				{ key: 'finding', heading: 'Finding', name: true, value: (f) => f.finding },
				{ key: 'device', heading: 'Device', name: true, value: (f) => f.device },
				{ key: 'vector', heading: 'Vec', value: (f) => f.vector, text: (f) => number(f.vector) },
				{ key: 'count', heading: 'Times', value: (f) => f.count, text: (f) => count(f.count) },
				{ key: 'first', heading: 'First at', value: (f) => f.first, text: (f) => seconds(sinceStart(f.first)) },
				{ key: 'what', heading: 'What happened', name: true, class: () => 'sentence', value: (f) => f.what },
				{ key: 'remedy', heading: 'What to do', name: true, class: () => 'sentence', value: (f) => f.remedy },
			],
		}).element : null);
}
