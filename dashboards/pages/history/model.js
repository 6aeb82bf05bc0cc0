// SPDX-License-Identifier: GPL-2.0-only
//
// What imstrace history --json says, and a few ways to look at it.

export const data = JSON.parse(document.getElementById('data').textContent);

const distinct = (of) => [...new Set(data.series.map(of))];

export const nameOf = (series) => series.mode ? `${series.devices}, ${series.mode}` : series.devices;
export const devices = distinct(nameOf);
export const percentiles = distinct((series) => series.percentile);

export const find = (name, percentile) => data.series.filter((series) =>
	nameOf(series) === name && series.percentile === percentile);

/* A git revision is known by its beginning. */
export const short = (name) => /^[0-9a-f]{40}$/.test(name) ? name.slice(0, 10) :
	name.length > 22 ? `${name.slice(0, 20)}…` : name;

/* ns since 1970; the page may be read anywhere. */
export const date = (summary) => new Date(summary.time / 1e6).toISOString().slice(0, 16).replace('T', ' ');

export const percent = (share) => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;

export const percentileText = (name) => name === 'p999' ? 'P99.9' : name.toUpperCase();

/* Of runs that are all alike it is 0. */
export const chance = (p) => p < 0.0001 ? '< 0.0001' : p.toPrecision(2);
