// SPDX-License-Identifier: GPL-2.0-only
//
// A table that is sorted by its headings, and narrowed down by words.

import { el } from './dom.js';
import { known, plural } from './format.js';

/* So many rows are quick to draw and more than anybody reads; the rest is a click away. */
const FIRST_ROWS = 100;

/* Made once: it is the dear part of comparing names. */
const names = new Intl.Collator('en', { numeric: true });

/* What is not known comes last, whichever way round. */
function compare(a, b, direction) {
	if (!known(a) || !known(b))
		return known(b) - known(a);
	const order = typeof a === 'number' && typeof b === 'number' ? a - b :
		names.compare(a, b);

	return direction * order;
}

/*
 * table({ caption, what, columns, rows, sort, onshown, onpick, picked }): @columns are [{ key, heading, title,
 * value(row), text(row), name, class(row) }], with numbers to the right but for what is a @name; @what
 * says what a row is; @sort is [key, 1 or -1], else they stay as they are. @onshown is given the rows that
 * are left, in their order. @onpick is given a row that is clicked on, and @picked says whether
 * it is.
 */
export function table({ caption, what, columns, rows, sort, onshown, onpick, picked }) {
	let order = sort ?? [null, 1], words = [], limit = FIRST_ROWS, shown = rows;
	const head = el('thead'), body = el('tbody'), found = el('output', { class: 'found' });
	const more = el('button', { type: 'button', class: 'more', onclick: () => {
		limit = Infinity;
		fill();
	} });
	const search = el('input', {
		type: 'search', placeholder: 'Filter', spellcheck: 'false', autocomplete: 'off',
		'aria-label': `Filter: ${caption}`,
		title: 'Shows the rows that contain all of these words, and none of the -words',
		oninput: () => {
			words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
			update();
		},
	});

	const textOf = (column, row) => column.text ? column.text(row) : String(column.value(row) ?? '');

	function matches(row) {
		const text = columns.map((column) => textOf(column, row)).join('\n').toLowerCase();

		return words.every((word) => word.length > 1 && word[0] === '-' ?
			!text.includes(word.slice(1)) : text.includes(word));
	}

	function heading(column) {
		const sorted = order[0] === column.key;

		return el('th', {
			scope: 'col', class: column.name ? 'name' : null,
			'aria-sort': sorted ? order[1] > 0 ? 'ascending' : 'descending' : null,
		}, el('button', {
			type: 'button', title: column.title,
			onclick: (event) => {
				/* The largest first, for that is what is looked for; names from A. */
				order = [column.key, sorted ? -order[1] : column.name ? 1 : -1];
				update();
				head.querySelector(`[aria-sort] button`)?.focus({ preventScroll: !event.detail });
			},
		}, column.heading, el('span', { class: 'arrow', 'aria-hidden': 'true' },
			sorted ? order[1] > 0 ? '▲' : '▼' : '')));
	}

	function line(row) {
		const cells = columns.map((column, number) => {
			const text = textOf(column, row);

			return el(number ? 'td' : 'th', {
				scope: number ? null : 'row',
				class: [column.name && 'name', column.class?.(row)].filter(Boolean).join(' ') || null,
			}, text);
		});

		if (!onpick)
			return el('tr', null, cells);
		const pick = () => {
			onpick(row);
			fill();
		};

		return el('tr', {
			class: 'pick', tabindex: 0, 'aria-selected': String(picked(row)),
			onclick: () => !String(getSelection()) && pick(),
			onkeydown: (event) => {
				if (event.key !== 'Enter' && event.key !== ' ')
					return;
				event.preventDefault();
				const at = [...body.children].indexOf(event.currentTarget);

				pick();
				body.children[at]?.focus();
			},
		}, cells);
	}

	function fill() {
		body.replaceChildren(...shown.slice(0, limit).map(line));
		more.hidden = shown.length <= limit;
		more.textContent = `Show all ${plural(shown.length, what)}`;
		found.textContent = words.length ? `${shown.length} of ${plural(rows.length, what)}` :
			plural(rows.length, what);
	}

	function update() {
		const column = columns.find(({ key }) => key === order[0]);

		shown = words.length ? rows.filter(matches) : rows;
		/* Values once each, not once each comparison. */
		if (column)
			shown = shown.map((row) => [column.value(row), row])
				.sort(([a], [b]) => compare(a, b, order[1])).map(([, row]) => row);
		head.replaceChildren(el('tr', null, columns.map(heading)));
		fill();
		onshown?.(shown);
	}

	update();
	return {
		element: el('div', { class: 'table' },
			el('div', { class: 'tools' }, search, found),
			el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
				el('table', null, el('caption', { class: 'unseen' }, caption), head, body)),
			more),
		/* Other columns of the same rows. */
		show(others) {
			columns = others;
			update();
		},
		refresh: fill,
	};
}
