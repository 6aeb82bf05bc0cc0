// SPDX-License-Identifier: GPL-2.0-only
import { choice, el, legend, section } from '../lib/dom.js';
import { percentileChart } from '../lib/percentiles.js';
import { allFigures, data, stageColour, stages, vectorName, vectors } from './model.js';

const MOST = 8;
const { levels, all } = data.percentiles;
const PERCENTILES = { p50: 2, p90: 10, p99: 100, p999: 1000 };

/* The curve as it was embedded, up to the largest value. */
function points(values, figures) {
	return [...values.map((ns, i) => [levels[i], ns]), [figures.count, figures.max]]
		.filter(([level], i, list) => !i || level > list[i - 1][0]);
}

/* Of a vector without a curve: what the table has. */
function roughPoints(figures) {
	const known = Object.entries(PERCENTILES).map(([key, level]) => [level, figures[key]])
		.filter(([level, ns]) => ns !== null && level < figures.count);

	return [[1, figures.min], ...known, [figures.count, figures.max]];
}

function curveOf(vector, stage) {
	const figures = vector.stages[stage];
	const values = data.percentiles.vectors[vector.number]?.[stage];

	return figures?.count > 1 ? values?.length ? points(values, figures) : roughPoints(figures) : null;
}

export function percentiles(shared) {
	const key = el('div');
	const note = el('p', { class: 'note' });

	/* Every stage of all vectors; or one stage of those that were picked. */
	function curves() {
		const picked = [...shared.get('picked')].slice(0, MOST);
		const stage = shared.get('stage');

		if (!picked.length)
			return stages.filter((name) => allFigures(name)?.count > 1).map((name, i) => ({
				name,
				points: points(all[name].curve, allFigures(name)),
				colour: stageColour(name),
				/* The sums of others: told apart without colours as well. */
				dash: name === 'delivery' ? [8, 5] : undefined,
				width: name === 'total' ? 3 : 2,
			}));
		return picked.map((number, i) => ({
			name: vectorName(vectors[number]),
			points: curveOf(vectors[number], stage),
			colour: `--series-${i}`,
			dash: i % 2 ? [8, 5] : undefined,
		})).filter((curve) => curve.points);
	}

	const plot = percentileChart({
		label: 'Latency by percentile. Arrow keys move the cursor.', curves,
	});
	const clear = el('button', { type: 'button', onclick: () => shared.set('picked', new Set()) },
		'All vectors');

	function update() {
		const picked = shared.get('picked').size;
		const shown = curves();

		clear.hidden = !picked;
		key.replaceChildren(shown.length ? legend(shown.map((curve) => [curve.name, curve.colour])) :
			el('p', { class: 'empty' }, 'A curve needs at least two values.'));
		plot.element.hidden = !shown.length;
		note.textContent = (picked ?
			`Stage ${shared.get('stage')} of the vectors picked in the table below` +
				(picked > MOST ? `: the first ${MOST} are shown. ` : '. ') :
			'Each curve is a stage, of all vectors together. Pick vectors in the table below to see their curves. ') +
			'Values are within 0.78 %; the last point of a curve is exactly its largest value.';
		plot.redraw();
	}

	const element = section('percentiles', 'Percentiles', clear, key, plot.element, note);

	shared.watch('picked', update);
	shared.watch('stage', update);
	return element;
}
