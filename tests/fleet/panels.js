// SPDX-License-Identifier: GPL-2.0-only
//
// A page with the panels of a dashboard, in its layout: to each what Prometheus has answered to its queries, drawn
// about as Grafana would. Only what our dashboards use is known; anything else is an error.

import { axis, chart, latencyAxis, timeAxis } from '../../dashboards/pages/lib/chart.js';
import { el, section } from '../../dashboards/pages/lib/dom.js';
import { duration } from '../../dashboards/pages/lib/format.js';
import { colour, startTheme } from '../../dashboards/pages/lib/theme.js';

/* s, as tests/fleet/inside asks for. */
const STEP = 1;
const HEIGHT = 230, SHADES = 6;
const { title, description, panels } = JSON.parse(document.getElementById('data').textContent);
const compact = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumSignificantDigits: 3 });
const UNITS = {
	s: (value) => duration(value * 1e9),
	short: (value) => compact.format(value),
	percentunit: (value) => `${Number((value * 100).toPrecision(3))} %`,
};

/* Of how many series whatever: neighbours are told apart. */
const hue = (number) => `hsl(${number * 137.5 % 360} 70% ${number % 2 ? 35 : 50}%)`;

function unitOf(name) {
	if (!UNITS[name])
		throw new Error(`no unit ${name}`);
	return UNITS[name];
}

/* Every row of every query: its name in the legend, and its values by time. */
const rowsOf = (panel) => panel.targets.flatMap((target) => target.answer.data.result.map((row) => ({
	name: target.legendFormat?.replace(/{{\s*(\w+)\s*}}/g, (_, label) => row.metric[label] ?? '') ??
		JSON.stringify(row.metric),
	values: new Map((row.values ?? []).map(([time, value]) => [time, Number(value)])),
	histograms: row.histograms ?? [],
})));

/* Of all panels, so that they can be held against each other; also when there was nothing, for that is a gap. */
const known = panels.flatMap(rowsOf).flatMap((row) => [...row.values.keys(), ...row.histograms.map(([time]) => time)])
	.sort((a, b) => a - b);
const times = Array.from({ length: (known.at(-1) - known[0]) / STEP + 1 }, (_, i) => known[0] + i * STEP);
const since = (time) => time - times[0];

const inside = (u) => u.ctx.getImageData(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height).data;

/* Says of @place whether anything but axes came to be drawn; @paint is what does so beside uPlot. */
function watched(place, paint) {
	let blank;

	return {
		drawAxes: [(u) => {
			blank = inside(u);
		}],
		draw: [(u) => {
			paint?.(u);
			place.dataset.drawn = inside(u).some((value, i) => value !== blank[i]);
		}],
	};
}

function lines(panel, rows, place) {
	const unit = unitOf(panel.fieldConfig.defaults.unit);
	const log = panel.fieldConfig.defaults.custom.scaleDistribution?.type === 'log';
	const values = (u, splits) => splits.map(unit);
	const legend = panel.options.legend.showLegend && el('ul', { class: 'legend' }, rows.map(({ name }, number) => {
		const swatch = el('span', { class: 'swatch' });

		swatch.style.background = hue(number);
		return el('li', null, swatch, name);
	}));
	const { element } = chart({
		label: panel.title,
		height: HEIGHT,
		options: () => ({
			scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
			axes: [timeAxis(), log ? latencyAxis({ values }) : axis({ size: 62, values })],
			series: [{}, ...rows.map((_, number) => ({ stroke: hue(number), width: 2 }))],
			hooks: watched(place),
		}),
		data: () => [times.map(since), ...rows.map(({ values }) => times.map((time) =>
			Number.isFinite(values.get(time)) ? values.get(time) : null))],
	});

	return [element, legend];
}

function heatmap(panel, rows, place) {
	const unit = unitOf(panel.options.yAxis.unit);
	/* Ends of 0 and below have no place on a logarithmic axis. */
	const cells = rows.flatMap(({ histograms }) => histograms.flatMap(([time, { buckets }]) =>
		(buckets ?? []).map(([, low, high, count]) => ({
			time, low: Math.max(1e-9, low), high: Number(high), count: Number(count),
		}))));
	const most = Math.max(...cells.map((cell) => cell.count));

	const paint = (u) => {
		for (const { time, low, high, count } of cells) {
			const x = Math.round(u.valToPos(since(time) - STEP, 'x', true)), y = Math.round(u.valToPos(high, 'y', true));

			u.ctx.fillStyle = colour(`--heat-${Math.round(Math.log1p(count) / Math.log1p(most) * (SHADES - 1))}`);
			u.ctx.fillRect(x, y, Math.round(u.valToPos(since(time), 'x', true)) - x,
				Math.round(u.valToPos(low, 'y', true)) - y);
		}
	};

	return chart({
		label: panel.title,
		height: HEIGHT,
		options: () => ({
			scales: {
				x: { time: false },
				y: { distr: 3, range: [Math.min(...cells.map((cell) => cell.low)),
					Math.max(...cells.map((cell) => cell.high))] },
			},
			axes: [timeAxis(), latencyAxis({ values: (u, splits) => splits.map(unit) })],
			series: [{}, { paths: () => null, points: { show: false } }],
			hooks: watched(place, paint),
		}),
		data: () => [times.map(since), times.map(() => null)],
	}).element;
}

/* The last values, as is asked for by an instant query. */
function figures(panel, rows, place) {
	const { unit, mappings } = panel.fieldConfig.defaults;
	const text = (value) => mappings?.[0].options[value]?.text ?? unitOf(unit)(value);

	place.dataset.drawn = rows.every(({ values }) => values.size);
	return el('div', { class: 'tiles' }, rows.map(({ name, values }) => el('div', { class: 'tile' },
		rows.length > 1 && el('dt', null, name), el('dd', null, text([...values.values()].at(-1))))));
}

const KINDS = { timeseries: lines, heatmap, stat: figures };

const grid = el('main');

grid.style.display = 'grid';
grid.style.gridTemplateColumns = 'repeat(24, minmax(0, 1fr))';
grid.style.columnGap = '0.75rem';
startTheme();
document.body.append(el('header', null, el('h1', null, title), el('p', { class: 'what' }, description)), grid);
for (const [number, panel] of panels.entries()) {
	const place = section(`panel-${number}`, panel.title);
	const rows = rowsOf(panel);

	place.querySelector('h2').style.fontSize = '1rem';
	place.style.gridColumn = `${panel.gridPos.x + 1} / span ${panel.gridPos.w}`;
	place.append(...rows.length ? [KINDS[panel.type](panel, rows, place)].flat().filter(Boolean) :
		[el('p', { class: 'empty' }, panel.fieldConfig.defaults.noValue ?? 'No data')]);
	/* In its place, that has its width. */
	grid.append(place);
}
