// SPDX-License-Identifier: GPL-2.0-only
//
// Latency at each percentile, as HdrHistogram's plots have it: each further 9 takes as much room as the one
// before, so that the tail is not a pixel.

import uPlot from 'uplot';

import { axis, chart, latencyAxis } from './chart.js';
import { duration, percentile } from './format.js';
import { colour } from './theme.js';

/*
 * percentileChart({ label, curves() }): @curves gives [{ name, points: [[1 / (1 - percentile), ns]…], colour, dash, width }].
 */
export function percentileChart({ label, curves }) {
	let shown = [], table = [[1], []];

	function describe(u) {
		const index = u.cursor.idx;

		if (index === null || index === undefined)
			return '';
		return [percentile(table[0][index]), ...shown.map((curve, i) =>
			[curve.name, table[i + 1][index]]).filter(([, ns]) => ns !== null && ns !== undefined)
			.map(([name, ns]) => `${name}  ${duration(ns)}`)].join('\n');
	}

	return chart({
		label,
		height: 360,
		options: () => {
			shown = curves();
			table = shown.length ? uPlot.join(shown.map((curve) => [
				curve.points.map((point) => point[0]), curve.points.map((point) => point[1]),
			])) : [[1, 10], [null, null]];
			return {
				scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
				axes: [
					axis({
						splits: (u, i, min, max) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
							.filter((level) => level >= min && level <= max),
						filter: (u, splits) => splits,
						values: (u, splits) => splits.map(percentile),
					}),
					latencyAxis(),
				],
				series: [{}, ...(shown.length ? shown : [{}]).map((curve) => ({
					label: curve.name,
					stroke: curve.colour && colour(curve.colour),
					width: curve.width ?? 2,
					dash: curve.dash,
					spanGaps: true,
					points: { show: false },
				}))],
				cursor: { points: { show: true, size: 7 } },
			};
		},
		data: () => table,
		describe,
	});
}
