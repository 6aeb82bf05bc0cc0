// SPDX-License-Identifier: GPL-2.0-only
import uPlot from 'uplot';
const data = JSON.parse(document.getElementById('data').textContent);
const all = data.percentiles.all;
const series = data.stages.filter((stage) => all[stage.name]);
const div = document.createElement('div');
document.body.append(div);
new uPlot({ width: 800, height: 400, scales: { x: { time: false, distr: 3 }, y: { distr: 3 } },
	series: [{}, ...series.map((s, i) => ({ label: s.name, stroke: ['red', 'blue', 'green', 'orange', 'black', 'gray'][i] }))] },
	[data.percentiles.levels, ...series.map((s) => data.percentiles.levels.map((_, i) => all[s.name].curve[i]))], div);
