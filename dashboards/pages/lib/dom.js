// SPDX-License-Identifier: GPL-2.0-only
//
// Elements. Text of any origin is only ever a text node here: no name can become markup.

/* el('button', { class: 'x', 'aria-pressed': true, onclick }, 'text', element, …). null and false: left out. */
export function el(tag, attributes, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (typeof value === 'function')
			element.addEventListener(name.slice(2), value);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(name, value === true ? '' : value);
	}
	element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
	return element;
}

/* A part of the page, with a heading to jump to. */
export function section(id, title, ...children) {
	return el('section', { id, 'aria-labelledby': `${id}-title` },
		el('h2', { id: `${id}-title` }, title), ...children);
}

let choices = 0;

/*
 * One out of several: a row of buttons for a mouse, a radio group for a keyboard. @options are
 * [{ value, text, title, disabled }].
 */
export function choice(label, options, chosen, onchange) {
	const group = `choice-${choices++}`;

	return el('fieldset', { class: 'choice' }, el('legend', null, label),
		options.map((option) => el('label', { title: option.title },
			el('input', {
				type: 'radio', name: group, value: option.value,
				checked: option.value === chosen, disabled: option.disabled,
				onchange: () => onchange(option.value),
			}),
			el('span', null, option.text))));
}

/* [[text, swatch's class or colour variable]] of what a chart shows. */
export function legend(entries) {
	return el('ul', { class: 'legend' }, entries.map(([text, colour]) => {
		const swatch = el('span', { class: 'swatch' });

		swatch.style.background = `var(${colour})`;
		return el('li', null, swatch, text);
	}));
}
