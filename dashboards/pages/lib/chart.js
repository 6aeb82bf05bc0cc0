// SPDX-License-Identifier: GPL-2.0-only
//
// A uPlot in the page's theme: as wide as its place, drawn anew when the theme changes, with a line that
// says what is under the mouse, and a cursor that arrow keys move.

import uPlot from 'uplot';

import { el } from './dom.js';
import { duration } from './format.js';
import { colour, onTheme } from './theme.js';

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const KEYS = {
	ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};

/* An axis in the page's colours. */
export function axis(options) {
	return {
		stroke: colour('--muted'),
		font: FONT,
		labelFont: FONT,
		grid: { stroke: colour('--grid'), width: 1 },
		ticks: { stroke: colour('--grid'), width: 1, size: 4 },
		...options,
	};
}

/* 1, 2 and 5 of each power of ten from @min to @max, or fewer where those would be too many. */
function logSplits(min, max, room) {
	for (const mantissas of [[1, 2, 5], [1]]) {
		const splits = [];

		for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10)
			splits.push(...mantissas.map((m) => m * power).filter((v) => v >= min && v <= max));
		if (splits.length <= room || mantissas.length === 1)
			return splits;
	}
}

/* Of latencies in ns, on a logarithmic scale. */
export function latencyAxis(options) {
	return axis({
		size: 62,
		splits: (u, index, min, max) => logSplits(min, max, Math.max(3, u.height / 45)),
		filter: (u, splits) => splits,
		values: (u, splits) => splits.map(duration),
		...options,
	});
}

/* Of times, in s; the values are in s as well. */
export function timeAxis(options) {
	return axis({
		space: 70,
		values: (u, splits, index, space, step) =>
			splits.map((s) => `${s.toFixed(Math.max(0, Math.ceil(-Math.log10(step))))} s`),
		...options,
	});
}

/*
 * chart({ label, height, options(), data(), describe(u), step(u) }): @options gives uPlot's, anew for each theme;
 * @describe what is at u.cursor, "" for nothing; @step how far an arrow key goes, in pixels.
 */
export function chart({ label, height, options, data, describe, step }) {
	const tip = el('div', { class: 'tip', hidden: true });
	const said = el('div', { class: 'unseen', role: 'status' });
	const place = el('div', { class: 'plot', tabindex: 0, role: 'img', 'aria-label': label });
	const box = el('div', { class: 'chart' }, place, tip, said);
	let plot = null, byKey = false;

	function hover(u) {
		const { left, top } = u.cursor;
		const text = left >= 0 && describe ? describe(u) : '';

		tip.hidden = !text;
		if (!text)
			return;
		tip.textContent = text;
		if (byKey)
			said.textContent = text;
		const x = u.over.offsetLeft + left, y = u.over.offsetTop + top;
		/* On the side that has the room. */
		const right = x > box.clientWidth / 2;

		tip.style.left = right ? 'auto' : `${x + 14}px`;
		tip.style.right = right ? `${box.clientWidth - x + 14}px` : 'auto';
		tip.style.top = `${Math.max(0, y - 14 - tip.offsetHeight / 2)}px`;
	}

	function draw() {
		plot?.destroy();
		tip.hidden = true;
		const wanted = options();

		plot = new uPlot({
			width: Math.max(200, place.clientWidth),
			height: typeof height === 'function' ? height() : height,
			legend: { show: false },
			...wanted,
			cursor: { points: { show: false }, drag: { x: true, y: false }, ...wanted.cursor },
			hooks: { ...wanted.hooks, setCursor: [hover] },
		}, data(), place);
	}

	place.addEventListener('keydown', (event) => {
		const direction = KEYS[event.key];

		if (!direction || !plot)
			return;
		event.preventDefault();
		const { clientWidth: width, clientHeight: tall } = plot.over;
		const [x, y] = step ? step(plot) : [width / 50, tall / 20];
		const at = plot.cursor.left >= 0 ? plot.cursor : { left: width / 2, top: tall / 2 };

		byKey = true;
		plot.setCursor({
			left: Math.min(width - 1, Math.max(0, at.left + direction[0] * x)),
			top: Math.min(tall - 1, Math.max(0, at.top + direction[1] * y)),
		});
		byKey = false;
	});
	place.addEventListener('blur', () => plot?.setCursor({ left: -10, top: -10 }));
	onTheme(() => box.isConnected && draw());
	new ResizeObserver(() => {
		const width = place.clientWidth;

		if (!plot)
			draw();
		else if (width && width !== plot.width)
			plot.setSize({ width, height: plot.height });
	}).observe(place);
	return { element: box, redraw: () => box.isConnected && draw() };
}
