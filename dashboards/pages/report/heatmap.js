// SPDX-License-Identifier: GPL-2.0-only
import { chart, latencyAxis, timeAxis } from '../lib/chart.js';
import { choice, el, section } from '../lib/dom.js';
import { duration, plural } from '../lib/format.js';
import { colour } from '../lib/theme.js';
import { clock, data, stages, stageText } from './model.js';

const SHADES = 6;
const { start, width } = data.heatmap;

/* Between the shades of the style sheet, in @count steps. */
function ramp(count) {
	const shades = Array.from({ length: SHADES }, (_, i) => colour(`--heat-${i}`).match(/[0-9a-f]{2}/gi)
		.map((part) => parseInt(part, 16)));

	return Array.from({ length: count }, (_, i) => {
		const at = i / (count - 1) * (SHADES - 1), low = Math.min(SHADES - 2, Math.floor(at));

		return `rgb(${shades[low].map((part, channel) =>
			Math.round(part + (shades[low + 1][channel] - part) * (at - low))).join(' ')})`;
	});
}

const columnFrom = (column) => (start + column * width) / 1e9;

function most({ cells }) {
	let max = 1;

	for (const column of cells)
		for (let i = 1; i < column.length; i++)
			max = Math.max(max, column[i]);
	return max;
}

export function heatmap(shared) {
	const stage = () => data.heatmap.stages[shared.get('stage')];
	/* A latency of 0 has no place on a logarithmic axis. */
	const edge = (row) => Math.max(1, stage().edges[row]);
	const bar = el('span', { class: 'ramp' });
	const least = el('span'), greatest = el('span');
	const empty = el('p', { class: 'empty' });

	function paint(u) {
		const { ctx } = u, { left, top, width: wide, height } = u.bbox;
		const { cells } = stage();
		const max = Math.log(most(stage()) + 1);
		const colours = ramp(32);
		const y = stage().edges.map((_, row) => Math.round(u.valToPos(edge(row), 'y', true)));

		ctx.save();
		ctx.beginPath();
		ctx.rect(left, top, wide, height);
		ctx.clip();
		for (const [column, counts] of cells.entries()) {
			/* Whole pixels: cells side by side leave no seam. */
			const x = Math.round(u.valToPos(columnFrom(column), 'x', true));
			const next = Math.round(u.valToPos(columnFrom(column + 1), 'x', true));

			for (let i = 1; i < counts.length; i++) {
				const row = counts[0] + i - 1;

				if (!counts[i])
					continue;
				ctx.fillStyle = colours[Math.round(Math.log(counts[i] + 1) / max * 31)];
				ctx.fillRect(x, y[row + 1], Math.max(1, next - x), Math.max(1, y[row] - y[row + 1]));
			}
		}
		ctx.restore();
	}

	function describe(u) {
		const time = u.posToVal(u.cursor.left, 'x'), latency = u.posToVal(u.cursor.top, 'y');
		const column = Math.floor((time * 1e9 - start) / width);
		const counts = stage().cells[column];
		const row = stage().edges.findLastIndex((_, i) => edge(i) <= latency);

		if (!counts || row < 0 || row >= stage().edges.length - 1)
			return '';
		const n = row < counts[0] ? 0 : counts[row - counts[0] + 1] ?? 0;

		return [plural(n, 'interrupt'),
			`${duration(stage().edges[row])} to ${duration(stage().edges[row + 1])}`,
			`${columnFrom(column).toFixed(3)} to ${columnFrom(column + 1).toFixed(3)} s`,
			clock(start + column * width).toLocaleTimeString('en-GB')].join('\n');
	}

	const plot = chart({
		label: 'Latency over time: the number of interrupts in each cell. Arrow keys move the cursor.',
		height: 340,
		options: () => ({
			scales: {
				x: { time: false },
				y: { distr: 3, range: [edge(0), edge(stage().edges.length - 1)] },
			},
			axes: [timeAxis(), latencyAxis()],
			series: [{}, { paths: () => null, points: { show: false } }],
			hooks: { drawAxes: [paint] },
		}),
		data: () => [[columnFrom(0), columnFrom(data.heatmap.columns)], [null, null]],
		describe,
		step: (u) => [u.valToPos(columnFrom(1), 'x') - u.valToPos(columnFrom(0), 'x'), 4],
	});

	function update() {
		const has = stage().edges.length > 1;

		plot.element.hidden = bar.parentElement.hidden = !has;
		empty.hidden = has;
		empty.textContent = `No interrupt has passed the stage ${shared.get('stage')}.`;
		if (!has)
			return;
		least.textContent = '1';
		greatest.textContent = `${plural(most(stage()), 'interrupt')} per cell`;
		plot.redraw();
	}

	const element = section('heatmap', 'Latency over time',
		choice('Stage', stages.map((name) => ({
			value: name, text: name, title: stageText(name),
			disabled: data.heatmap.stages[name].edges.length < 2,
		})), shared.get('stage'), (name) => shared.set('stage', name)),
		plot.element,
		el('p', { class: 'legend' }, least, bar, greatest),
		empty,
		el('p', { class: 'note' }, `A column is ${duration(width)} wide; the range of a row is proportional to its latency. ` +
			'Interrupts of all vectors are counted, each in the column in which it ended. Drag to zoom, double-click to ' +
			'go back. To see one device or vector, use imstrace report --device or --vector.'));

	shared.watch('stage', update);
	return element;
}
