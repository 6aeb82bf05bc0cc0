// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node history.mjs OUT SCREENSHOTS
//
// imstrace history --html in a browser: a chart for each stage, the change that is there and no other, the
// numbers of --json, and a revision that is all markup. The series is that of this project's own baseline,
// over and over, of which one stage becomes slower. Run at the top of the checkout.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { withPage } from './browser.mjs';

const [out, screenshots] = process.argv.slice(2);
const SUMMARIES = 12, CHANGED = 6, STAGE = 'irqfd', BUCKETS = 7;
const HOSTILE = '<img src=x onerror=alert(1)></script>"';
const STAGES = ['handler', 'irqfd', 'deliver', 'service', 'delivery', 'total'];

/* As include/imstrace/histogram.h has it. */
const low = (bucket) => bucket < 128 ? bucket : (bucket % 64 + 64) * 2 ** (Math.floor(bucket / 64) - 1);

/* The stage with each of its times some buckets longer. */
function slower(stage) {
	const buckets = stage.buckets.map((value, i) => i % 2 ? value : value + BUCKETS);
	const values = buckets.filter((_, i) => i % 2 === 0).map(low), counts = buckets.filter((_, i) => i % 2);

	return { ...stage, buckets, min: values[0], max: values.at(-1),
		sum: values.reduce((sum, value, i) => sum + value * counts[i], 0) };
}

function writeSeries(directory) {
	/* Times since 1970 in ns are more than a double holds: they are made texts, and numbers again. */
	const text = readFileSync('dashboards/latency/baseline.json', 'utf8').replace(/: ?(\d{17,})/g, ':"$1"');

	mkdirSync(directory, { recursive: true });
	for (let i = 0; i < SUMMARIES; i++) {
		const summary = JSON.parse(text), later = BigInt(i) * 3600_000_000_000n;

		summary.session = String(BigInt(summary.session) + later);
		summary.revision = i === CHANGED ? HOSTILE : `revision-${i}`;
		for (const run of summary.runs) {
			run.started = String(BigInt(run.started) + later);
			for (const { stages } of run.vectors)
				if (i >= CHANGED && stages[STAGE])
					stages[STAGE] = slower(stages[STAGE]);
		}
		writeFileSync(`${directory}/${String(i).padStart(2, '0')}.json`,
			JSON.stringify(summary).replace(/:"(\d{17,})"/g, ':$1'));
	}
}

/* Of all pixels of a canvas, whether any two differ. */
const drawn = (canvas) => {
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	const pixels = new Uint32Array(data.buffer);

	return pixels.some((pixel) => pixel !== pixels[0]);
};

const directory = `${out}/series`, page = `${out}/history.html`;

rmSync(directory, { recursive: true, force: true });
writeSeries(directory);
execFileSync('build/imstrace', ['history', '--html', page, directory]);
const { series } = JSON.parse(execFileSync('build/imstrace', ['history', '--json', directory], { encoding: 'utf8' }));
const changes = series.flatMap((one) => one.changes.map((change) => ({ ...change, stage: one.stage, percentile: one.percentile })));

assert.ok(changes.length > 0 && changes.every((change) => change.stage === STAGE && change.summary === CHANGED));
mkdirSync(screenshots, { recursive: true });
for (const [name, options] of Object.entries({
	light: {}, dark: { scheme: 'dark' }, narrow: { width: 360, height: 740 },
}))
	await withPage(page, options, async (tab) => {
		assert.deepEqual(await tab.$$eval('.stage figcaption', (captions) => captions.map((one) => one.textContent)), STAGES);
		for (const canvas of await tab.$$('.stage canvas'))
			assert.ok(await canvas.evaluate(drawn), 'a chart is empty');
		assert.equal((await tab.$$('#changes .table tbody tr')).length, changes.length);
		assert.ok((await tab.textContent('#changes .table tbody')).includes(STAGE));
		assert.equal((await tab.$$('#summaries .table tbody tr')).length, SUMMARIES);
		/* It is a text, and nothing else. */
		assert.ok((await tab.textContent('#summaries .table')).includes('<img src=x'));
		assert.equal((await tab.$$('main img')).length, 0);
		assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the window');

		/* The other percentile's charts are others; handler has the same time for both. */
		const picture = () => tab.$$eval('.stage canvas', (all) => all.map((canvas) => canvas.toDataURL()).at(2));
		const before = await picture();

		await tab.locator('#stages .choice label', { hasText: /^P99$/ }).click();
		/* A new chart is drawn when its place has a size. */
		await tab.waitForFunction((count) => document.querySelectorAll('.stage canvas').length === count, STAGES.length);
		await tab.evaluate(() => new Promise(requestAnimationFrame));
		assert.ok(await picture() !== before, 'P99 looks like P50');
		/* What is said of the revision below the mouse stays within each chart. */
		const tall = () => tab.evaluate(() => document.documentElement.scrollHeight), page = await tall();

		await tab.hover('.stage .u-over');
		assert.equal(await tab.locator('.stage .tip:visible').count(), STAGES.length);
		assert.equal(await tall(), page);
		await tab.screenshot({ path: `${screenshots}/history-${name}.png`, fullPage: true });
	});
console.log(`history: ${STAGES.length} charts, ${changes.length} changes, in 3 windows: all as it should be`);
