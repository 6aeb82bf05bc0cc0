// SPDX-License-Identifier: GPL-2.0-only
//
// Light or dark: as the system has it until the reader says otherwise; always light on paper. Style
// sheets follow by themselves, canvases are told.

import { el } from './dom.js';

const KEY = 'imstrace-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const print = matchMedia('print');
const listeners = [];
let chosen = null;

function stored(value) {
	try {
		if (value)
			localStorage.setItem(KEY, value);
		return localStorage.getItem(KEY);
	} catch {
		/* Not every browser gives a file: a memory. */
		return value ?? null;
	}
}

const current = () => print.matches ? 'light' : chosen ?? (dark.matches ? 'dark' : 'light');

function apply() {
	document.documentElement.dataset.theme = current();
	for (const listener of listeners)
		listener();
}

/* The value of a variable of the style sheet. */
export function colour(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function onTheme(listener) {
	listeners.push(listener);
}

export function startTheme() {
	chosen = stored();
	if (chosen !== 'light' && chosen !== 'dark')
		chosen = null;
	dark.addEventListener('change', apply);
	print.addEventListener('change', apply);
	apply();
}

export function themeButton() {
	const button = el('button', {
		type: 'button', class: 'theme',
		onclick: () => {
			chosen = current() === 'dark' ? 'light' : 'dark';
			stored(chosen);
			apply();
		},
	});
	const name = () => {
		button.textContent = current() === 'dark' ? '☀ Light' : '☾ Dark';
	};

	onTheme(name);
	name();
	return button;
}
