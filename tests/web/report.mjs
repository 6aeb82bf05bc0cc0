// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node report.mjs REPORT.html REPORT.json LARGE.html CUT.html SCREENSHOTS
//
// imstrace report --html in a browser: every chart is drawn, the numbers are those of report --json, what
// is there to sort, filter, hover and pick works, and names do no harm. Run at the top of the checkout.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';

import { withPage } from './browser.mjs';

const [report, json, large, cut, screenshots] = process.argv.slice(2);
const lines = readFileSync(json, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const line = (type) => lines.find((one) => one.type === type);
const summary = line('summary'), slowest = line('slowest');
const STAGES = ['handler', 'irqfd', 'deliver', 'service', 'delivery', 'total'];
const HOPS = ['irq', 'signal', 'accept', 'enter', 'inject', 'eoi'];

/* Written apart from the page's own, so that one checks the other. */
const group = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const whole = (n) => n === null ? 'n/a' : group(String(n));
const us = (ns) => {
	if (ns === null)
		return 'n/a';
	const [before, after] = (ns / 1000).toFixed(1).split('.');

	return `${group(before)}.${after}`;
};

const rowsOf = (page, section) => page.$$eval(`${section} .table tbody tr`, (rows) =>
	rows.map((row) => [...row.children].map((cell) => cell.textContent)));
const choose = (page, section, text) =>
	page.locator(`${section} .choice label`, { hasText: new RegExp(`^${text}$`) }).click();
const heading = (page, section, text) => page.locator(`${section} thead button`, { hasText: text }).first();
/* What the canvas of a chart shows, to be compared with itself. */
const drawn = (page, section) => page.$eval(`${section} canvas`, (canvas) => canvas.toDataURL());

async function sameNumbers(page) {
	const expected = summary.vectors;

	for (const stage of STAGES) {
		await choose(page, '#vectors', stage);
		assert.deepEqual((await rowsOf(page, '#vectors')).map((cells) => cells.slice(4)), expected.map((vector) => {
			const figures = vector.stages[stage];

			return ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'p999', 'max'].map((key) =>
				!figures ? 'n/a' : key === 'count' ? whole(figures.count) : us(figures[key]));
		}), `stage ${stage}`);
	}
	await choose(page, '#vectors', 'Accounts');
	assert.deepEqual(await rowsOf(page, '#vectors'), expected.map((vector) => [
		vector.device, String(vector.vector), ...HOPS.map((hop) => whole(vector.hops[hop])),
		...['coalesced', 'unmatched', 'hardware', 'lost', 'in_flight'].map((key) => whole(vector[key])),
	]));
	await choose(page, '#vectors', 'Latency');
	assert.equal(await page.locator('#vectors .choice label', { hasText: /^detour$/ }).count(), 0);
	assert.deepEqual((await rowsOf(page, '#slowest')).map((cells) => [...cells.slice(1, 3), ...cells.slice(4, 8), cells[9]]),
		slowest.interrupts.map((one) => [one.device, String(one.vector),
			...STAGES.slice(0, 4).map((stage) => us(one.stages[stage])), one.end]));
	for (const [i, hop] of HOPS.entries())
		assert.equal(await page.locator('.hops strong').nth(i).textContent(),
			whole(expected.reduce((sum, vector) => sum + (vector.hops[hop] ?? 0), 0)));
}

/* The cells of the heatmap are all values of all vectors, and so is the merged histogram. */
async function nothingLeftOut(page) {
	const data = JSON.parse(await page.$eval('#data', (element) => element.textContent));

	assert.deepEqual(data.summary, summary);
	assert.deepEqual(data.slowest, slowest);
	/* All of the time of slow interrupts has a cause, and each that has any is a row, the largest first. */
	const causes = Object.entries(data.why.causes).filter(([, share]) => share.ns).sort(([, a], [, b]) => b.ns - a.ns);

	assert.ok(data.why.slow > 0);
	assert.equal(causes.reduce((sum, [, share]) => sum + share.ns, 0), data.why.ns);
	assert.deepEqual((await rowsOf(page, '#why')).slice(0, causes.length).map((cells) => [cells[0], cells[2]]),
		causes.map(([name, share]) => [name, us(share.ns)]));
	for (const stage of STAGES) {
		const values = summary.vectors.reduce((sum, vector) => sum + (vector.stages[stage]?.count ?? 0), 0);
		const cells = data.heatmap.stages[stage].cells.flatMap((column) => column.slice(1));

		assert.equal(cells.reduce((sum, n) => sum + n, 0), values, `heatmap of ${stage}`);
		assert.equal(data.percentiles.all[stage].figures.count, values, `curve of ${stage}`);
	}
}

async function everyChartDrawn(page) {
	const charts = await page.$$eval('canvas', (all) => all.map((canvas) => {
		const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
		const colours = new Set();

		for (let i = 0; i < data.length; i += 4)
			if (data[i + 3] === 255)
				colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
		return [canvas.closest('section').id, colours.size];
	}));

	assert.deepEqual(charts.map(([id]) => id), ['heatmap', 'percentiles', 'slowest', 'lifecycle']);
	for (const [id, colours] of charts)
		assert(colours >= 4, `${id} has ${colours} colours`);
}

async function sorts(page) {
	const maxima = async () => (await rowsOf(page, '#vectors')).map((cells) => cells.at(-1))
		.map((text) => text === 'n/a' ? null : Number(text.replaceAll(',', '')));
	const inOrder = (values, direction) => [...values].sort((a, b) =>
		a === null || b === null ? (a === null) - (b === null) : direction * (a - b));
	const before = await maxima();

	await heading(page, '#vectors', 'Max').click();
	assert.deepEqual(await maxima(), inOrder(before, -1));
	await heading(page, '#vectors', 'Max').focus();
	await page.keyboard.press('Enter');
	assert.deepEqual(await maxima(), inOrder(before, 1));
	assert.equal(await page.locator('#vectors [aria-sort="ascending"]').count(), 1);
	await heading(page, '#vectors', 'Device').click();
}

async function filters(page) {
	const { device } = summary.vectors[0], search = page.locator('#vectors input[type=search]');
	const of = summary.vectors.filter((vector) => vector.device === device).length;
	const before = await drawn(page, '#lifecycle');

	assert(of < summary.vectors.length);
	await search.fill(device);
	assert.equal((await rowsOf(page, '#vectors')).length, of);
	assert.equal(await page.locator('#vectors .found').textContent(), `${of} of ${summary.vectors.length} vectors`);
	assert.notEqual(await drawn(page, '#lifecycle'), before, 'the lives of what was filtered');
	await search.fill('');
	assert.equal((await rowsOf(page, '#vectors')).length, summary.vectors.length);
}

async function hovers(page) {
	for (const [id, words] of [['heatmap', /interrupts?\n.* to /], ['percentiles', /%\n/], ['slowest', /^#\d+ /],
		['lifecycle', /has a slot|irq requested|bound|nothing/]]) {
		const over = page.locator(`#${id} .u-over`);

		await over.scrollIntoViewIfNeeded();
		await over.hover();
		assert.match(await page.locator(`#${id} .tip`).textContent(), words, id);
		assert(await page.locator(`#${id} .tip`).isVisible(), `the tip of ${id}`);
	}
	await page.locator('#heatmap .plot').focus();
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('ArrowDown');
	assert.match(await page.locator('#heatmap [role=status]').textContent(), /interrupt/);
}

async function picks(page) {
	const before = await drawn(page, '#percentiles');

	await page.locator('#vectors tbody tr').nth(1).click();
	await page.locator('#vectors tbody tr').nth(2).focus();
	await page.keyboard.press('Enter');
	assert.equal(await page.locator('#vectors [aria-selected=true]').count(), 2);
	assert.equal(await page.locator('#percentiles .legend li').count(), 2);
	assert.notEqual(await drawn(page, '#percentiles'), before);
	await page.getByRole('button', { name: 'All vectors' }).click();
	assert.equal(await drawn(page, '#percentiles'), before);
}

async function stagesDiffer(page) {
	const before = await drawn(page, '#heatmap');

	await choose(page, '#heatmap', 'irqfd');
	assert.notEqual(await drawn(page, '#heatmap'), before);
	await choose(page, '#heatmap', 'total');
	assert.equal(await drawn(page, '#heatmap'), before);
}

/* The page has what it was bundled with, and of names only their text. */
async function harmless(page) {
	assert.equal(await page.locator('script').count(), 2);
	assert.equal(await page.locator('img, iframe, object, body i, u').count(), 0);
	assert.match(await page.locator('h1').textContent(), /<b>host<\/b>/);
	assert(summary.vectors.some((vector) => vector.device === '</script><script>alert(1)</script>'));
	assert(summary.vectors.every((vector) => /^[ -~]*$/.test(vector.device + vector.guest)));
}

async function looks(page, name) {
	await everyChartDrawn(page);
	assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false,
		`${name}: wider than the window`);
	await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
}

mkdirSync(screenshots, { recursive: true });
await withPage(report, {}, async (page) => {
	for (const test of [sameNumbers, nothingLeftOut, everyChartDrawn, stagesDiffer, sorts, filters,
		hovers, picks, harmless]) {
		await test(page);
		console.log(`ok ${test.name}`);
	}
	await page.mouse.move(0, 0);
	await looks(page, 'light');
	const light = await drawn(page, '#heatmap');

	await page.getByRole('button', { name: 'Dark' }).click();
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
	assert.notEqual(await drawn(page, '#heatmap'), light);
	/* Paper is white whatever the screen was. */
	await page.emulateMedia({ media: 'print' });
	await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
	await page.screenshot({ path: `${screenshots}/print.png`, fullPage: true });
	await page.pdf({ path: `${screenshots}/print.pdf`, format: 'A4' });
});
console.log('ok theme and print');
await withPage(report, { scheme: 'dark' }, async (page) => {
	assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
	await looks(page, 'dark');
});
await withPage(report, { width: 360, height: 740 }, (page) => looks(page, 'narrow'));
console.log('ok dark and narrow');
await withPage(cut, {}, async (page) => {
	const { file, byte } = JSON.parse(await page.$eval('#data', (element) => element.textContent)).summary.cut_off[0];

	assert.equal(file, 'interrupts');
	assert.match(await page.locator('.alert').textContent(), new RegExp(
		`Cut off: interrupts can be read up to [\\d.]+ s \\(\\d\\d:\\d\\d:\\d\\d\\), byte ${whole(byte)}: a packet is cut off`));
	assert.match(await page.locator('header').textContent(), /The wall clock moved by \+10800\.000 s, to \d\d:/);
});
console.log('ok a recording that was cut off, of a clock that was set');
/* The same data with what few hosts have. */
const rare = `${screenshots}/../rare.html`;
writeFileSync(rare, readFileSync(report, 'utf8').replace(/(<script[^>]* id="data"[^>]*>)([^]*?)(<\/script>)/, (_, begin, text, end) => {
	const data = JSON.parse(text), [line, other] = data.summary.vectors;

	Object.assign(line, { source: 'intx', device: '0000:03:00.0:intx', masked_since: data.summary.time - 12e9,
		still_up: 2000, hops: { ...line.hops, unmask: 7 } });
	other.detours = 3;
	other.stages.detour = other.stages.irqfd;
	data.summary.never_fired = [{ device: '0000:04:00.0', vectors: 257, never_fired: 250, host_irqs: 257 }];
	return begin + JSON.stringify(data).replaceAll('<', '\\u003c') + end;
}));
await withPage(rare, {}, async (page) => {
	const texts = await page.locator('.remarks li').allTextContents();

	assert.deepEqual(texts.map((text) => text.split(':')[0]), ['Masked', 'Still up', 'Detour']);
	assert.equal(await page.locator('#vectors .choice label', { hasText: /^detour$/ }).count(), 1);
	assert.match(texts[0], /0000:03:00\.0:intx for 12 s/);
	assert.match(texts[1], /2,000 more times/);
	assert.deepEqual(await page.locator('table.unused td').allTextContents(), ['257', '250', '257']);
	assert.equal(await page.locator('.hops strong').nth(HOPS.length).textContent(), '7');
	await page.screenshot({ path: `${screenshots}/rare.png`, fullPage: true });
});
console.log('ok lines, detours and vectors that never fired');
await withPage(large, {}, async (page, ms) => {
	await everyChartDrawn(page);
	assert.match(await page.locator('#vectors .more').textContent(), /Show all 1,000 vectors/);
	/* Printed, not judged: whose machine it is, nobody knows. */
	console.log(`ok ${large}, ${(statSync(large).size / 1e6).toFixed(1)} MB, was drawn after ${Math.round(ms)} ms`);
	await page.locator('#vectors .more').click();
	assert.equal(await page.locator('#vectors tbody tr').count(), 1000);
	await page.screenshot({ path: `${screenshots}/large.png`, clip: { x: 0, y: 0, width: 1280, height: 900 } });
});
