// SPDX-License-Identifier: GPL-2.0-only
// usage: node build/main.js [DIRECTORY]: writes every dashboard there, by default to grafana/.
import { mkdirSync, writeFileSync } from "node:fs";
import { ci } from "./ci.js";
import { fleet } from "./fleet.js";
import { host } from "./host.js";
import { lifecycle } from "./lifecycle.js";

const directory = process.argv[2] ?? "grafana";
mkdirSync(directory, { recursive: true });
for (const [name, builder] of Object.entries({ fleet, host, lifecycle, ci }))
	writeFileSync(`${directory}/${name}.json`, JSON.stringify(builder.build(), null, 2) + "\n");
