// SPDX-License-Identifier: GPL-2.0-only
//
// The page of imstrace report --html, part by part.

import { el } from './lib/dom.js';
import { store } from './lib/store.js';
import { startTheme } from './lib/theme.js';
import { accounts } from './report/accounts.js';
import { contents, header } from './report/header.js';
import { heatmap } from './report/heatmap.js';
import { lifecycle } from './report/lifecycle.js';
import { lint } from './report/lint.js';
import { machine } from './report/machine.js';
import { data, defaultStage, vectors } from './report/model.js';
import { percentiles } from './report/percentiles.js';
import { slowest } from './report/slowest.js';
import { vectorTable } from './report/vectors.js';
import { why } from './report/why.js';

startTheme();
document.title = `imstrace: ${data.recording ?? data.host}`;

/* @picked are numbers of vectors; @shown is what the filter of the table leaves, in its order. */
const shared = store({ stage: defaultStage, picked: new Set(), shown: vectors });
const sections = [
	accounts(), why(), heatmap(shared), percentiles(shared), vectorTable(shared), slowest(), lifecycle(shared),
	lint(), machine(),
];

document.body.append(header(), contents(sections), el('main', null, sections),
	el('footer', null, el('p', { class: 'note' },
		'Made by imstrace. Everything on this page is in this one file: it loads and sends nothing. Figures, ' +
		'accounts and the slowest interrupts are those of imstrace report --json. The charts were counted while ' +
		'the data were read, in a fixed number of cells and buckets: no interrupt is left out, and a page of a ' +
		'million interrupts is hardly larger than one of a thousand.')));
