// SPDX-License-Identifier: GPL-2.0-only
//
// A chart per stage. They share their cursor, and what is zoomed into.

import { axis, chart } from '../lib/chart.js';
import { choice, el, legend, section } from '../lib/dom.js';
import { duration, known } from '../lib/format.js';
import { colour } from '../lib/theme.js';
import { chance, data, date, devices, find, percent, percentiles, percentileText, short, withText } from './model.js';

const { summaries } = data;
const BAND = '--heat-1', RISE = '--bad', FALL = '--good';

/* Marks each change: a line where it is, a label, and the means on both sides. */
function drawChanges(u, series) {
	const { ctx, bbox } = u, ratio = devicePixelRatio;

	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top - 18 * ratio, bbox.width, bbox.height + 18 * ratio);
	ctx.clip();
	ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
	ctx.lineWidth = 1.5 * ratio;
	series.changes.forEach((change, i) => {
		const x = u.valToPos(change.summary - 0.5, 'x', true);
		const from = i ? series.changes[i - 1].summary : 0;
		const to = series.changes[i + 1]?.summary ?? summaries.length;
		const text = percent(change.change);

		ctx.strokeStyle = ctx.fillStyle = colour(change.change > 0 ? RISE : FALL);
		ctx.setLineDash([]);
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
		ctx.setLineDash([5 * ratio, 4 * ratio]);
		for (const [first, last, mean] of [[from, change.summary, change.before], [change.summary, to, change.after]]) {
			const y = u.valToPos(mean, 'y', true);

			ctx.beginPath();
			ctx.moveTo(u.valToPos(first - 0.5, 'x', true), y);
			ctx.lineTo(u.valToPos(last - 0.5, 'x', true), y);
			ctx.stroke();
		}
		/* Near the right edge there is room on the left only. */
		const room = x + ctx.measureText(text).width + 6 * ratio < bbox.left + bbox.width;

		ctx.textAlign = room ? 'left' : 'right';
		ctx.fillText(text, x + (room ? 2 : -2) * ratio, bbox.top - 5 * ratio);
	});
	ctx.restore();
}

function describe(series) {
	return (u) => {
		const { idx } = u.cursor;

		if (!known(idx) || !known(series.values[idx]))
			return '';
		const change = series.changes.find(({ summary }) => summary === idx);

		return [`${short(summaries[idx].name)}  ${date(summaries[idx])}`,
			`${duration(series.values[idx])}  (${duration(series.low[idx])} to ${duration(series.high[idx])}), ` +
				`${summaries[idx].runs} runs`,
			change ? `changed by ${percent(change.change)}, p ${chance(change.p)}` : null,
			change?.with.length ? `together with ${withText(change)}` : null,
		].filter(Boolean).join('\n');
	};
}

/* All charts of the page: a zoom of one is a zoom of all. */
let drawn = [];

function zoom(u, key) {
	if (key !== 'x')
		return;
	const { min, max } = u.scales.x;

	for (const other of drawn)
		if (other !== u && other.scales.x.min !== null && (other.scales.x.min !== min || other.scales.x.max !== max))
			other.setScale('x', { min, max });
}

function stageChart(series) {
	const label = `${series.stage}, ${percentileText(series.percentile)}. Arrow keys move the cursor.`;
	const { element } = chart({
		label,
		height: 190,
		options: () => ({
			padding: [20, 12, 0, 0],
			scales: {
				x: { time: false, range: (u, min, max) => [min - 0.5, max + 0.5] },
				y: { range: (u, min, max) => {
					const room = Math.max(max - min, max * 0.1) * 0.12;

					return [Math.max(0, min - room), max + room];
				} },
			},
			axes: [
				axis({
					space: 110,
					splits: (u, i, min, max, step) => {
						const every = Math.max(1, Math.ceil(step)), list = [];

						for (let at = Math.max(0, Math.ceil(min)); at <= max && at < summaries.length; at += every)
							list.push(at);
						return list;
					},
					values: (u, splits) => splits.map((at) => summaries[at] ? short(summaries[at].name).slice(0, 12) : ''),
				}),
				axis({ size: 68, values: (u, splits) => splits.map(duration) }),
			],
			series: [
				{},
				{ stroke: 'transparent', points: { show: false } },
				{ stroke: 'transparent', points: { show: false } },
				{
					stroke: colour('--accent'), width: 2, spanGaps: true,
					points: { show: true, size: 5, fill: colour('--accent') },
				},
			],
			bands: [{ series: [2, 1], fill: `${colour(BAND)}66` }],
			/* Stages share revisions, not latencies. */
			cursor: { sync: { key: 'history', scales: ['x', null] }, y: false },
			hooks: {
				init: [(u) => drawn.push(u)],
				destroy: [(u) => {
					drawn = drawn.filter((one) => one !== u);
				}],
				draw: [(u) => drawChanges(u, series)],
				setScale: [zoom],
			},
		}),
		data: () => [summaries.map((_, i) => i), series.low, series.high, series.values],
		describe: describe(series),
		step: (u) => [u.over.clientWidth / Math.max(1, u.scales.x.max - u.scales.x.min), 10],
	});

	return el('figure', { class: 'stage' }, el('figcaption', null, series.stage), element);
}

export function charts(shared) {
	const place = el('div', { class: 'stages' });
	const tools = el('div', { class: 'tools' },
		devices.length > 1 ? choice('Devices', devices.map((value) => ({ value, text: value })), shared.get('devices'),
			(value) => shared.set('devices', value)) : null,
		choice('Percentile', percentiles.map((value) => ({ value, text: percentileText(value) })), shared.get('percentile'),
			(value) => shared.set('percentile', value)));

	function update() {
		place.replaceChildren(...find(shared.get('devices'), shared.get('percentile')).map(stageChart));
	}

	shared.watch('devices', update);
	shared.watch('percentile', update);
	return section('stages', `Stages${devices.length > 1 ? '' : ` of ${devices[0] ?? 'nothing'}`}`, tools,
		legend([['median of the runs', '--accent'], ['its 95 % confidence interval', BAND], ['slower from here on', RISE],
			['faster from here on', FALL]]), place,
		el('p', { class: 'note' }, 'Drag to zoom, double-click to see all again.'));
}
