// SPDX-License-Identifier: GPL-2.0-only
//
// The data that imstrace has put into the page, and what several parts of it want to know of them.

import { known, short } from '../lib/format.js';

export const data = JSON.parse(document.getElementById('data').textContent);

/* What none of the vectors has is not shown: the hop unmask is INTx lines' alone, and some stages are few interrupts'. */
data.hops = data.hops.filter((hop) => hop.name !== 'unmask' ||
	data.summary.vectors.some((vector) => vector.source === 'intx'));
data.stages = data.stages.filter((stage) => data.hops.some((hop) => hop.name === stage.to) &&
	(!stage.rare || data.summary.vectors.some((vector) => vector.stages[stage.name]?.count)));

export const hops = data.hops.map((hop) => hop.name);
export const stages = data.stages.map((stage) => stage.name);

/* The colours are by place in the list: the style sheet has as many as there are stages. */
export const stageColour = (stage) => `--series-${stages.indexOf(stage)}`;

/* One after the other they are an interrupt, with either irqfd or detour. */
export const steps = data.stages.filter((stage) => stage.step);

export const stageText = (name) => {
	const stage = data.stages.find((one) => one.name === name);

	return `from ${stage.from} to ${stage.to}`;
};

/* ns of the run, from a point in time. */
export const sinceStart = (time) => time - data.start.time;

/* The wall clock may have been set in between: each time is as it was then. */
export function clock(ns) {
	const time = data.start.time + ns;
	const set = (data.summary.clock_set ?? []).findLast((one) => one.time <= time);

	return new Date((time + (set ?? data.start).to_wall_clock) / 1e6);
}

/* Each vector knows its number in the summary: other data go by that. */
export const vectors = data.summary.vectors.map((vector, number) => ({ ...vector, number }));

export const vectorName = (vector) => `${short(vector.device)} ${vector.vector}`;

/* An idle CPU's has pid 0. */
export const threadName = (thread) => thread.pid ? `${thread.name}/${thread.pid}` : thread.name;

/* What the VM is called, or else its process. */
export const vmName = (vector) => vector.guest ?? (known(vector.pid) ?
	`${vector.vmm ?? 'pid'} ${vector.pid}` : '–');

/* Of a vector: how many interrupts it had, wherever the first of its hops is. */
export const interruptsOf = (vector) => Math.max(0, ...hops.map((hop) => vector.hops[hop] ?? 0));

export const allFigures = (stage) => data.percentiles.all[stage]?.figures ?? null;

/* The most telling stage that there is something to tell of. */
export const defaultStage = ['total', 'delivery', ...stages].find((stage) => allFigures(stage)?.count) ?? stages[0];
