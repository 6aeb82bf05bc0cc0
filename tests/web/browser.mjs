// SPDX-License-Identifier: GPL-2.0-only
//
// Debian's Chromium with a page of ours in it, which may neither complain nor ask the network for anything.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { chromium } = createRequire(resolve('build/npm/tests/web/package.json'))('playwright-core');
const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

/*
 * with_page(FILE, { width, height, scheme }, async (page, ms) => …): @ms is what opening it took, up to its being drawn. Throws
 * what the page complained of.
 */
export async function withPage(file, { width = 1280, height = 900, scheme = 'light' }, use) {
	const profile = mkdtempSync(join(tmpdir(), 'imstrace-chromium-'));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: '/usr/bin/chromium', args: ARGS, viewport: { width, height }, colorScheme: scheme,
	});
	const complaints = [];
	const url = pathToFileURL(resolve(file)).href;

	try {
		const page = context.pages()[0] ?? await context.newPage();

		page.on('console', (message) => {
			if (['error', 'warning'].includes(message.type()))
				complaints.push(`console: ${message.text()}`);
		});
		page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
		page.on('dialog', (dialog) => {
			complaints.push(`dialog: ${dialog.message()}`);
			dialog.dismiss();
		});
		context.on('request', (request) => {
			if (request.url() !== url && !request.url().startsWith('data:'))
				complaints.push(`request: ${request.url()}`);
		});
		const began = performance.now();

		await page.goto(url);
		/* Drawn: a frame after the scripts have run. */
		await page.evaluate(() => new Promise((done) =>
			requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
		await use(page, performance.now() - began);
	} finally {
		await context.close();
		rmSync(profile, { recursive: true, force: true });
	}
	if (complaints.length)
		throw new Error(complaints.join('\n'));
}
