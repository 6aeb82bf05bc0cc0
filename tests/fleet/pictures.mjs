// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node tests/fleet/pictures.mjs DIRECTORY
//
// Draws DIRECTORY/DASHBOARD.png for each dashboard, of what tests/fleet/inside was answered to the queries of its
// panels; fails if one that was given anything draws nothing. Whether it should have been given anything is
// tests/fleet/verdict.py's to say. Needs what "make fleet-tests" builds; runs at the top of the checkout.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import { withPage } from '../web/browser.mjs';

const [directory] = process.argv.slice(2);
const BOARDS = 'dashboards/grafana', MODULES = 'build/npm/dashboards/pages/node_modules';
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/* The dashboard, with the answers in it. */
function answered(name) {
	const board = read(`${BOARDS}/${name}.json`);

	for (const [number, panel] of board.panels.entries())
		for (const target of panel.targets)
			target.answer = read(`${directory}/panels/${name}-${number}-${target.refId}.json`);
	return board;
}

execFileSync('node', ['dashboards/pages/bundle.mjs', MODULES, `${directory}/panels.html`, '../../tests/fleet/panels']);
const template = readFileSync(`${directory}/panels.html`, 'utf8');

for (const file of readdirSync(BOARDS).filter((entry) => entry.endsWith('.json'))) {
	const name = basename(file, '.json'), board = answered(name);
	const data = JSON.stringify(board).replaceAll('<', '\\u003c');

	writeFileSync(`${directory}/${name}.html`, template.replace('@DATA@', () => data));
	await withPage(`${directory}/${name}.html`, { width: 1280, height: 900 }, async (page) => {
		const drawn = await page.$$eval('section', (places) => places.map((place) =>
			[place.querySelector('h2').textContent, place.dataset.drawn ?? 'nothing to draw']));

		assert.deepEqual(drawn, board.panels.map((panel) => [panel.title,
			panel.targets.some(({ answer }) => answer.data.result.length) ? 'true' : 'nothing to draw']), name);
		await page.screenshot({ path: `${directory}/${name}.png`, fullPage: true });
	});
	console.log(`${name}: ${board.panels.length} panels, ${directory}/${name}.png`);
}
