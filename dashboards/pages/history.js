// SPDX-License-Identifier: GPL-2.0-only
//
// The page of imstrace history --html: what each stage took in each summary, and where that changed.

import { changes } from './history/changes.js';
import { charts } from './history/charts.js';
import { header } from './history/header.js';
import { data, devices, percentiles } from './history/model.js';
import { summaries } from './history/summaries.js';
import { el } from './lib/dom.js';
import { store } from './lib/store.js';
import { startTheme } from './lib/theme.js';

startTheme();
document.title = `imstrace: latency over ${data.summaries.length} summaries`;

const shared = store({ devices: devices[0], percentile: percentiles[0] });

document.body.append(header(), el('main', null, charts(shared), changes(shared), summaries()),
	el('footer', null, el('p', { class: 'note' }, 'Made by imstrace. Everything on this page is in this one file: it loads ' +
		'and sends nothing. A summary’s value is the median of its runs; the band is the 95 % confidence interval of that ' +
		'median (for fewer than six runs, it reaches from the smallest to the largest). Changes are found by E-divisive, ' +
		'with a t-test.')));
