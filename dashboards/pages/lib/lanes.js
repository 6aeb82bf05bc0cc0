// SPDX-License-Identifier: GPL-2.0-only
//
// A chart of spans on lanes, one below the other: what was when.

import { axis, chart } from './chart.js';
import { colour } from './theme.js';

const LANE = 22, AXES = 44;

/*
 * lanes({ label, rows(), axis(), describe(row, span, x) }): @rows gives [{ label, spans: [{ from, to, colour }] }], with
 * variables of the style sheet as colours; @axis uPlot's x axis.
 */
export function lanes({ label, rows, xAxis, describe }) {
	let shown = [];

	function extent() {
		let min = Infinity, max = -Infinity;

		for (const row of shown) {
			for (const span of row.spans) {
				min = Math.min(min, span.from);
				max = Math.max(max, span.to);
			}
		}
		return min < max ? [min, max] : [0, 1];
	}

	function paint(u) {
		const { ctx } = u, { left, top, width, height } = u.bbox;

		ctx.save();
		ctx.beginPath();
		ctx.rect(left, top, width, height);
		ctx.clip();
		for (const [number, row] of shown.entries()) {
			const from = u.valToPos(number + 0.15, 'y', true);
			const to = u.valToPos(number + 0.85, 'y', true);

			for (const span of row.spans) {
				const start = u.valToPos(span.from, 'x', true);

				ctx.fillStyle = colour(span.colour);
				/* However short it was, it is there. */
				ctx.fillRect(start, from, Math.max(devicePixelRatio, u.valToPos(span.to, 'x', true) - start),
					to - from);
			}
		}
		ctx.restore();
	}

	function under(u) {
		const row = shown[Math.floor(u.posToVal(u.cursor.top, 'y'))];
		const x = u.posToVal(u.cursor.left, 'x');
		/* The spans that are narrower than a pixel are within two. */
		const slack = 2 * (u.posToVal(1, 'x') - u.posToVal(0, 'x'));
		const span = row?.spans.findLast((s) => s.from - slack <= x && x <= s.to + slack);

		return row ? describe(row, span, x) : '';
	}

	const widest = () => Math.max(...shown.map((row) => row.label.length), 2);

	return chart({
		label,
		height: () => AXES + LANE * Math.max(1, shown.length),
		options: () => {
			shown = rows();
			return {
				scales: {
					x: { time: false },
					y: { dir: -1, range: [0, Math.max(1, shown.length)] },
				},
				axes: [
					xAxis(),
					axis({
						size: Math.min(170, 16 + 6.6 * widest()),
						grid: { show: false },
						ticks: { show: false },
						splits: () => shown.map((_, number) => number + 0.5),
						filter: (u, splits) => splits,
						values: () => shown.map((row) => row.label),
					}),
				],
				series: [{}, { paths: () => null, points: { show: false } }],
				hooks: { draw: [paint] },
			};
		},
		data: () => [extent(), [0, 0]],
		describe: under,
		step: (u) => [u.over.clientWidth / 100, LANE],
	});
}
