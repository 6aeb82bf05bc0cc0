// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node bundle.mjs NODE_MODULES OUT PAGE
//
// Bundles the page PAGE.js, what it imports and the style sheets into the one file OUT, which imstrace
// has in it. Where @DATA@ stands, imstrace puts the page's data, as JSON; see user/sink/page.c.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [modules, out, page] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { build } = createRequire(join(resolve(modules), 'package.json'))('esbuild');

async function bundle(entry) {
	const result = await build({
		entryPoints: [join(here, entry)],
		bundle: true,
		minify: true,
		write: false,
		// The browsers of the last years; nothing is to be down-levelled.
		target: ['chrome110', 'firefox115', 'safari16'],
		charset: 'utf8',
		format: 'iife',
		legalComments: 'inline',
		nodePaths: [resolve(modules)],
		logLevel: 'warning',
	});

	// Within HTML nothing of it may end the element that it is in.
	return result.outputFiles[0].text.trim().replaceAll('</', '<\\/');
}

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const script = await bundle(`${page}.js`);
const style = await bundle('page.css');
// Nothing is loaded and nothing is sent: all that runs is what was bundled.
const policy = ["default-src 'none'", `script-src ${hash(script)}`, `style-src ${hash(style)}`,
	'img-src data:', "base-uri 'none'", "form-action 'none'"].join('; ');
const parts = { POLICY: policy, STYLE: style, SCRIPT: script };
const html = readFileSync(join(here, 'page.html'), 'utf8')
	.replace(/@(POLICY|STYLE|SCRIPT)@/g, (_, part) => parts[part]);

if (html.split('@DATA@').length !== 2)
	throw new Error('page.html must have @DATA@ once, and no script or style may have it');
writeFileSync(out, html);
