// SPDX-License-Identifier: GPL-2.0-only
//
// What imstrace history --json says, and a few ways to look at it.

export const data = JSON.parse(document.getElementById('data').textContent);

const distinct = (of) => [...new Set(data.series.map(of))];

/* A machine, as what is compared is kept apart by. */
export const machineOf = ({ cpus, cpu }) => `${cpus} × ${cpu || 'unknown CPU'}`;
export const machines = [...new Set(data.summaries.map(machineOf))];

export const nameOf = (series) => [series.mode ? `${series.devices}, ${series.mode}` : series.devices,
	machines.length > 1 ? ` on ${machineOf(series)}` : ''].join('');
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

/* What else came with a change. */
export const withText = (change) => change.with.map(({ what, before, after }) => `${what} ${after}, was ${before}`).join('; ');

/* Of runs that are all alike it is 0. */
export const chance = (p) => p < 0.0001 ? '< 0.0001' : p.toPrecision(2);
